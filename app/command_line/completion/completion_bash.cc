#include <map>

#include "app/command_line/completion/completion.h"

namespace baokms::app {
namespace {

// A pattern of `case` that matches this text alone.
std::string Pattern(const std::string& text) { return "'" + text + "'"; }

// What completes a value; COMPREPLY takes one candidate a line, so that blanks in names survive.
std::string BashValueAction(const FlagPage& flag) {
  switch (flag.Kind()) {
    case ValueKind::kChoice:
      return "compgen -P \"$prefix\" -W '" + Joined(flag.Choices(), " ") + "' -- \"$cur\"";
    case ValueKind::kFile:
      return "compgen -P \"$prefix\" -f -- \"$cur\"";
    case ValueKind::kDirectory:
      return "compgen -P \"$prefix\" -d -- \"$cur\"";
    case ValueKind::kNone:
    case ValueKind::kOther:
      return "";
  }
  return "";
}

std::string Subcommands(const CompletedCommand& command) {
  std::vector<std::string> names;
  names.reserve(command.page->commands.size());
  for (const CommandPage& each : command.page->commands) names.push_back(each.name);
  return Joined(names, " ");
}

}  // namespace

std::string BashCompletion(const CommandPage& root) {
  std::vector<std::string> paths;
  std::map<std::string, std::vector<std::string>> flags_by_action;
  std::string words;
  for (const CompletedCommand& command : CompletedCommands(root)) {
    if (!command.path.empty()) paths.push_back(Pattern(command.path));
    words += "    " + Pattern(command.path) + ") commands='" + Subcommands(command) + "' flags='" +
             (command.is_topic ? "" : Joined(command.page->FlagNames(), " ")) + "' ;;\n";
    if (command.is_topic) continue;
    for (const FlagPage& flag : command.page->flags) {
      const std::string action = BashValueAction(flag);
      if (action.empty()) continue;
      flags_by_action[action].push_back(Pattern(command.path + " " + flag.name));
    }
  }
  std::string values;
  for (const auto& [action, flags] : flags_by_action) {
    values += "      " + Joined(flags, " | \\\n        ") + ")\n";
    if (action.find(" -W ") == std::string::npos) values += "        compopt -o filenames\n";
    values += "        mapfile -t COMPREPLY < <(" + action + ") ;;\n";
  }
  return R"(# bash completion for bao-kms-provider, made by `bao-kms-provider completion bash`.
_bao_kms_provider() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='' flag='' prefix='' commands='' flags='' word next i
  COMPREPLY=()
  # Which command this is, and which flag waits for its value; bash makes a word of '='.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == '=' ]] && continue
    if [[ -n $flag ]]; then
      flag=''
      continue
    fi
    case $word in
      )" +
         Joined(FlagsWithValue(root), " | ") +
         R"()
        flag=$word ;;
      -*) ;;
      *)
        next=${path:+$path }$word
        case $next in
          )" +
         Joined(paths, " | ") +
         R"()
            path=$next ;;
        esac ;;
    esac
  done
  if [[ $cur == '=' ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 1]} cur=''
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $cur == --*=* ]]; then
    flag=${cur%%=*} cur=${cur#*=}
    prefix=$flag=
  fi
  if [[ -n $flag ]]; then
    case "$path $flag" in
)" + values +
         R"(    esac
    return
  fi
  case $path in
)" + words +
         R"(  esac
  [[ $cur == -* || -z $commands ]] && commands=$flags
  mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
}
complete -F _bao_kms_provider bao-kms-provider
)";
}

}  // namespace baokms::app
