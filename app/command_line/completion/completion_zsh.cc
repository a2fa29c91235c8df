#include "app/command_line/completion/completion.h"

namespace baokms::app {
namespace {

// For `[description]` and `name:description`, in single quotes.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string FunctionName(const std::string& path) {
  std::string name = "_bao-kms-provider" + (path.empty() ? "" : "_" + path);
  for (char& c : name) {
    if (c == ' ') c = '_';
  }
  return name;
}

std::string ZshValueAction(const FlagPage& flag) {
  switch (flag.Kind()) {
    case ValueKind::kChoice:
      return "(" + Joined(flag.Choices(), " ") + ")";
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kDirectory:
      return "_files -/";
    case ValueKind::kNone:
    case ValueKind::kOther:
      return " ";
  }
  return " ";
}

// One argument of _arguments.
std::string FlagSpecification(const FlagPage& flag) {
  const std::string description = "[" + Escaped(flag.Brief()) + "]";
  if (flag.name == "--help") return "'(- *)'{-h,--help}'" + description + "'";
  std::string text = flag.is_repeatable ? "'*" : "'";
  text += flag.name;
  if (flag.value.empty()) return text + description + "'";
  text += (flag.value_is_optional ? "=-" : "=") + description;
  text += flag.value_is_optional ? "::" : ":";
  return text + Escaped(flag.value) + ":" + ZshValueAction(flag) + "'";
}

std::string Function(const CompletedCommand& command) {
  std::string text = FunctionName(command.path) + "() {\n";
  const std::vector<CommandPage>& commands = command.page->commands;
  if (!commands.empty()) text += "  local curcontext=$curcontext state line\n";
  text += "  _arguments -C";
  if (!command.is_topic) {
    for (const FlagPage& flag : command.page->flags) {
      if (!flag.is_argument) text += " \\\n    " + FlagSpecification(flag);
    }
  }
  if (commands.empty()) return text + "\n}\n";
  text +=
      " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command)\n"
      "      local -a commands=(\n";
  std::string rest;
  for (const CommandPage& each : commands) {
    text += "        '" + Escaped(each.name) + ":" + Escaped(each.purpose) + "'\n";
    const std::string path = command.path.empty() ? each.name : command.path + " " + each.name;
    rest += "        " + each.name + ") " + FunctionName(path) + " ;;\n";
  }
  text += "      )\n      _describe command commands ;;\n    rest)\n      case $line[1] in\n";
  return text + rest + "      esac ;;\n  esac\n}\n";
}

}  // namespace

std::string ZshCompletion(const CommandPage& root) {
  std::string text =
      "#compdef bao-kms-provider\n"
      "# zsh completion for bao-kms-provider, made by `bao-kms-provider completion zsh`.\n";
  for (const CompletedCommand& command : CompletedCommands(root)) text += Function(command);
  // Found in $fpath it is called at once; sourced it is registered.
  return text +
         "if [[ $funcstack[1] == _bao-kms-provider ]]; then\n"
         "  _bao-kms-provider \"$@\"\n"
         "else\n"
         "  compdef _bao-kms-provider bao-kms-provider\n"
         "fi\n";
}

}  // namespace baokms::app
