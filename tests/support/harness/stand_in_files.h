// Files of a test's own in the place of the system's: /etc/resolv.conf, the trusted roots.
#pragma once

#include <map>
#include <string>

namespace baokms::testing {

// In a mount namespace of the calling thread and what it starts from now on, until the end. One at
// a time.
class StandInFiles {
 public:
  // Paths of the system's files, which are there, and of those that stand in for them.
  explicit StandInFiles(const std::map<std::string, std::string>& files);
  ~StandInFiles();
  StandInFiles(const StandInFiles&) = delete;
  StandInFiles& operator=(const StandInFiles&) = delete;

  // False: mounting is not permitted here, and nothing has changed.
  bool made() const { return made_; }

 private:
  int before_;
  bool made_;
};

}  // namespace baokms::testing
