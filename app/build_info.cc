// Alone in its file: what changes with every commit is compiled once.
#include "app/build_info.h"

namespace baokms::app {

const char* const kVersion = BAOKMS_VERSION;
const char* const kCommit = BAOKMS_COMMIT;
const char* const kBuildDate = BAOKMS_BUILD_DATE;
const bool kDirty = BAOKMS_DIRTY;

}  // namespace baokms::app
