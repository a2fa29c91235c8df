#include "app/nodes/node_names.h"

#include <algorithm>

#include "core/text/printable.h"

namespace baokms::app {
namespace {

std::string ShortName(const std::string& path) {
  constexpr std::string_view kExtension = ".json";
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.size() > kExtension.size() && name.ends_with(kExtension)) {
    name.resize(name.size() - kExtension.size());
  }
  return name;
}

}  // namespace

std::vector<std::string> NodeNames(const std::vector<std::string>& paths) {
  std::vector<std::string> short_names;
  for (const std::string& path : paths) short_names.push_back(ShortName(path));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool unique = std::ranges::count(short_names, short_names[i]) == 1;
    names.push_back(core::Printable(unique ? short_names[i] : paths[i], core::Kept::kUtf8));
  }
  return names;
}

}  // namespace baokms::app
