// Looks for planted secrets in whatever a program wrote, in every form they could have taken.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::e2e {

class LeakSearch {
 public:
  // Finds `bytes` raw, in hex of either case, percent-encoded as Go and curl do it, and in base64
  // and base64url at any alignment. At least 8 bytes.
  void Plant(const std::string& name, std::string_view bytes);
  // The parts of a compact JWT that hold something of its own.
  void PlantJwt(const std::string& jwt);
  // Finds anything that looks like an OpenBao token: "s." or "hvs." before 20 or more letters.
  void PlantTokenShape() { token_shape_ = true; }

  // Each "<name> as <form> in <where>", once.
  std::vector<std::string> In(std::string_view where, std::string_view content) const;
  std::vector<std::string> InFile(const std::string& path) const;
  // Every regular file below, names included.
  std::vector<std::string> InTree(const std::string& directory) const;

 private:
  struct Form {
    std::string name;
    std::string bytes;
  };
  std::vector<Form> forms_;
  bool token_shape_ = false;
};

}  // namespace baokms::e2e
