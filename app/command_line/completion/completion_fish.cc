#include "app/command_line/completion/completion.h"

namespace baokms::app {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string FishValueAction(const FlagPage& flag) {
  switch (flag.Kind()) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kChoice:
      return std::string(flag.value_is_optional ? " -f" : " -x") + " -a " +
             Quoted(Joined(flag.Choices(), " "));
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kOther:
      return " -x";
  }
  return "";
}

}  // namespace

std::string FishCompletion(const CommandPage& root) {
  std::vector<std::string> paths;
  std::string rules;
  for (const CompletedCommand& command : CompletedCommands(root)) {
    if (!command.path.empty()) paths.push_back(Quoted(command.path));
    const std::string rule =
        "complete -c bao-kms-provider -n \"__bao_kms_provider_at " + Quoted(command.path) + "\"";
    for (const CommandPage& each : command.page->commands) {
      rules += rule + " -a " + each.name + " -d " + Quoted(each.purpose) + "\n";
    }
    if (command.is_topic) continue;
    for (const FlagPage& flag : command.page->flags) {
      if (flag.is_argument) continue;
      rules += rule + (flag.name == "--help" ? " -s h" : "") + " -l " + flag.name.substr(2) +
               FishValueAction(flag) + " -d " + Quoted(flag.Brief()) + "\n";
    }
  }
  return R"(# fish completion for bao-kms-provider, made by `bao-kms-provider completion fish`.
# Whether the words so far name this command.
function __bao_kms_provider_at
    set -l path ''
    set -l is_value 0
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case )" +
         Joined(FlagsWithValue(root), " ") + R"(
                set is_value 1
            case '-*'
            case '*'
                set -l next (string trim -- "$path $word")
                switch $next
                    case )" +
         Joined(paths, " ") + R"(
                        set path $next
                end
        end
    end
    test "$path" = "$argv[1]"
end
complete -c bao-kms-provider -f
)" + rules;
}

}  // namespace baokms::app
