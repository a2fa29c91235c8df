// Which build this is; CMake gives the values to build_info.cc alone, so that the rest is the same in
// every build and ccache knows it.
#pragma once

namespace baokms::app {

extern const char* const kVersion;
extern const char* const kCommit;
extern const char* const kBuildDate;
extern const bool kDirty;

}  // namespace baokms::app
