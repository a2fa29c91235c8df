// Configuration text: refused with named problems, or loaded, and then every time the same.
#include <cstdint>

#include "adapters/config_yaml/load_configuration.h"
#include "adapters/config_yaml/report.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using adapters::config_yaml::LoadConfiguration;
using adapters::config_yaml::RenderConfigReport;
using fuzz::Require;

auto Load(std::string_view text) {
  return LoadConfiguration(text, {}, [](const std::string&) { return std::nullopt; }, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto loaded = Load(text);
  const auto again = Load(text);
  Require(loaded.has_value() == again.has_value(), "the same text has the same fate");
  if (!loaded) {
    Require(!loaded.error().empty(), "a refusal has a problem");
    Require(loaded.error() == again.error(), "the same text has the same problems");
    for (const auto& problem : loaded.error()) {
      Require(!problem.field.empty() && !problem.message.empty(), "a problem names its field");
      Require(problem.line >= 0, "lines count from 1");
    }
    return 0;
  }
  const std::string report = RenderConfigReport(*loaded, std::nullopt);
  Require(report.starts_with("configVersion: "), "a loaded configuration renders");
  Require(report == RenderConfigReport(*again, std::nullopt), "the same text loads the same");
  Require(!loaded->transit.key_id_scope.provider_name.empty(),
          "a loaded configuration is complete");
  return 0;
}
