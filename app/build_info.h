// Which build this is; the values come from CMake.
#pragma once

namespace baokms::app {

inline constexpr const char* kVersion = BAOKMS_VERSION;
inline constexpr const char* kCommit = BAOKMS_COMMIT;
inline constexpr const char* kBuildDate = BAOKMS_BUILD_DATE;
inline constexpr bool kDirty = BAOKMS_DIRTY;

}  // namespace baokms::app
