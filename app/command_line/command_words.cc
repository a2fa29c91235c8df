#include "app/command_line/command_words.h"

#include <algorithm>
#include <set>

#include "core/text/nearest_word.h"

namespace baokms::app {
namespace {

// " --aply", or nothing when it might be more than a mistyped word.
std::string Repeat(std::string_view word) {
  constexpr std::size_t kLongest = 32;
  const bool harmless =
      !word.empty() && word.size() <= kLongest &&
      std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return harmless ? " " + std::string(word) : "";
}

std::string DidYouMean(std::string_view typed, const std::vector<std::string>& words) {
  const std::string nearest = core::NearestWord(typed, words);
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

std::string NameOf(const std::string& word) { return word.substr(0, word.find('=')); }

bool IsFlag(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

// One command line, word by word.
class Reader {
 public:
  Reader(const CommandPage& root, const std::vector<std::string>& words)
      : root_(root), command_(&root), words_(words) {}

  std::expected<std::vector<std::string>, UsageMistake> Read() {
    for (at_ = 0; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (word == "-h" || word == "--help") {
        read_.push_back(word);
        return read_;
      }
      const std::string mistake = IsFlag(word) ? ReadFlag(word) : ReadWord(word);
      if (!mistake.empty()) return std::unexpected(UsageMistake{mistake, command_->path});
    }
    return read_;
  }

 private:
  // Each of these returns the mistake, empty for none.

  std::string ReadFlag(const std::string& word) {
    const std::string name = NameOf(word);
    const FlagPage* flag = command_->FindFlag(name);
    if (flag == nullptr || flag->is_argument) return UnknownFlag(name);
    if (!flag->is_repeatable && !given_.insert(name).second) {
      return name + " is given twice; give it once";
    }
    if (word.size() == name.size()) return ReadValue(*flag, word);
    const std::string value = word.substr(name.size() + 1);
    if (flag->value.empty()) return ReadSwitch(name, value);
    if (value.empty() && !flag->value_is_optional) {
      read_.insert(read_.end(), {name, value});
    } else {
      read_.push_back(word);
    }
    return "";
  }

  // A flag without a value, written as Go's flags may be.
  std::string ReadSwitch(const std::string& name, std::string_view value) {
    if (value == "true") read_.push_back(name);
    if (value == "true" || value == "false") return "";
    return name + " takes no value; write " + name + " alone";
  }

  std::string ReadValue(const FlagPage& flag, const std::string& word) {
    read_.push_back(word);
    if (flag.value.empty() || flag.value_is_optional) return "";
    const bool follows = at_ + 1 < words_.size() && !IsFlag(words_[at_ + 1]);
    if (!follows) return flag.name + " needs a value; write " + flag.Synopsis();
    read_.push_back(words_[++at_]);
    return "";
  }

  std::string UnknownFlag(const std::string& name) const {
    if (name == "--") return "-- has no meaning here; leave it out";
    if (command_->FindFlag("-" + name) != nullptr) {
      return "flags have two dashes; write -" + name;
    }
    for (const CommandPage& command : root_.commands) {
      if (command_ == &root_ && command.FindFlag(name) != nullptr) {
        return name + " must follow the command; write bao-kms-provider COMMAND " +
               command.FindFlag(name)->Synopsis();
      }
    }
    const std::string dashed = name.starts_with("--") ? name : "-" + name;
    return "unknown flag" + Repeat(name) + DidYouMean(dashed, command_->FlagNames());
  }

  std::string ReadWord(const std::string& word) {
    if (const CommandPage* command = command_->FindCommand(word)) {
      command_ = command;
      given_.clear();
      read_.push_back(word);
      return "";
    }
    const auto argument = std::ranges::find(command_->flags, true, &FlagPage::is_argument);
    if (argument != command_->flags.end()) {
      read_.push_back(word);
      return "";
    }
    if (!command_->commands.empty()) return UnknownCommand(*command_, word).what;
    const std::string name = "--" + NameOf(word);
    if (const FlagPage* flag = command_->FindFlag(name)) {
      return "unexpected word" + Repeat(word) + "; did you mean " + flag->Synopsis() + "?";
    }
    return "unexpected word" + Repeat(word) + "; " + command_->path +
           " takes only flags, as --flag VALUE";
  }

  const CommandPage& root_;
  const CommandPage* command_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::set<std::string> given_;
  std::vector<std::string> read_;
};

}  // namespace

std::expected<std::vector<std::string>, UsageMistake> CheckWords(
    const CommandPage& root, const std::vector<std::string>& words) {
  return Reader(root, words).Read();
}

UsageMistake UnknownCommand(const CommandPage& parent, std::string_view word) {
  std::vector<std::string> names;
  names.reserve(parent.commands.size());
  for (const CommandPage& command : parent.commands) names.push_back(command.name);
  std::string what = "unknown command" + Repeat(word) + DidYouMean(word, names);
  return {.what = std::move(what), .path = parent.path};
}

std::string NotAChoice(std::string_view value, const std::vector<std::string>& choices) {
  std::string text = "must be ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text + DidYouMean(value, choices);
}

}  // namespace baokms::app
