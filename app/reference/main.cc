// baokms_reference DIRECTORY: writes man pages, completions and the Markdown of docs/reference
// there.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/build_info.h"
#include "app/command_line/commands.h"
#include "app/command_line/completion/completion.h"
#include "app/reference/pages.h"

namespace {

void Write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.exceptions(std::ios::failbit | std::ios::badbit);
  out << text << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  namespace app = baokms::app;
  if (argc != 2) {
    std::fputs("usage: baokms_reference DIRECTORY\n", stderr);
    return 2;
  }
  try {
    app::CommandTree tree;
    app::AddEveryCommand(tree);
    const app::CommandPage root = app::DescribeRoot(tree);
    const std::filesystem::path directory(argv[1]);
    const std::string day =
        std::string(app::kBuildDate).substr(0, std::string_view("2026-11-25").size());
    const app::Edition edition{.version = app::kVersion, .date = day};
    Write(directory / "man/man8/bao-kms-provider.8", app::CommandManual(root, edition));
    Write(directory / "man/man5/bao-kms-provider.yaml.5", app::ConfigurationManual(edition));
    Write(directory / "completions/bao-kms-provider", app::BashCompletion(root));
    Write(directory / "completions/_bao-kms-provider", app::ZshCompletion(root));
    Write(directory / "completions/bao-kms-provider.fish", app::FishCompletion(root));
    Write(directory / "docs" / "commands.md", app::CommandReference(root));
    Write(directory / "docs" / "configuration.md", app::ConfigurationReference());
    Write(directory / "docs" / "logs.md", app::LogsReference());
    Write(directory / "docs" / "metrics.md", app::MetricsReference());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "baokms_reference: %s\n", error.what());
    return 1;
  }
  return 0;
}
