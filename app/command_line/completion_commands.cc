#include <cstdio>

#include "app/command_line/command_page.h"
#include "app/command_line/commands.h"
#include "app/command_line/completion/completion.h"

namespace baokms::app {

void AddCompletion(CommandTree& tree) {
  CLI::App& completion = tree.AddGroup(
      {.name = "completion",
       .purpose = "Print a script that completes commands and flags in a shell",
       .examples = {{.command = "bao-kms-provider completion bash --help",
                     .what = "How to install it for bash; zsh and fish have the same help"}}});
  const auto add = [&tree, &completion](const CommandText& text,
                                        std::string (*render)(const CommandPage&)) {
    tree.Add(completion, text, [&tree, render] {
      std::fputs(render(DescribeRoot(tree)).c_str(), stdout);
      return ExitCode::kOk;
    });
  };
  add({.name = "bash",
       .purpose = "Print the completion script for bash",
       .examples = {{.command = "source <(bao-kms-provider completion bash)",
                     .what = "For this shell; you can add the line to ~/.bashrc"},
                    {.command = "bao-kms-provider completion bash > "
                                "/usr/share/bash-completion/completions/bao-kms-provider",
                     .what = "For all users, as root; packages already do this"}}},
      BashCompletion);
  add({.name = "zsh",
       .purpose = "Print the completion script for zsh",
       .examples = {{.command = "source <(bao-kms-provider completion zsh)",
                     .what = "For this shell, after `autoload -U compinit; compinit`"},
                    {.command = "bao-kms-provider completion zsh > "
                                "/usr/local/share/zsh/site-functions/_bao-kms-provider",
                     .what = "For all users, as root, in a directory of $fpath"}}},
      ZshCompletion);
  add({.name = "fish",
       .purpose = "Print the completion script for fish",
       .examples = {{.command = "bao-kms-provider completion fish | source",
                     .what = "For this shell"},
                    {.command = "bao-kms-provider completion fish > "
                                "~/.config/fish/completions/bao-kms-provider.fish",
                     .what = "For this user"}}},
      FishCompletion);
}

}  // namespace baokms::app
