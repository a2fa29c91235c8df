// Which build this is; the values come from CMake.
#pragma once

namespace baokms::app {

extern const char* const kVersion;
extern const char* const kCommit;
extern const char* const kBuildDate;
extern const bool kDirty;

}  // namespace baokms::app
