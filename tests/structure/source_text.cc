#include "tests/structure/source_text.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>

namespace baokms::structure {
namespace {

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view TrimLeft(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

// What follows `#include` in this line, or nothing when the line is no include.
std::optional<std::string_view> AfterInclude(std::string_view line) {
  line = TrimLeft(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = TrimLeft(line.substr(1));
  for (std::string_view word : {"include_next", "include", "import"}) {
    if (!line.starts_with(word)) continue;
    line.remove_prefix(word.size());
    if (!line.empty() && IsWordCharacter(line.front())) return std::nullopt;
    return TrimLeft(line);
  }
  return std::nullopt;
}

class Blanker {
 public:
  explicit Blanker(std::string_view in) : in_(in) { out_.reserve(in.size()); }

  std::string Take() {
    while (at_ < in_.size()) Step();
    return std::move(out_);
  }

 private:
  bool Sees(std::string_view word) const { return in_.substr(at_).starts_with(word); }

  void Keep(std::size_t count = 1) {
    for (; count > 0 && at_ < in_.size(); --count) out_ += in_[at_++];
  }

  void Blank(std::size_t count = 1) {
    for (; count > 0 && at_ < in_.size(); --count, ++at_) out_ += in_[at_] == '\n' ? '\n' : ' ';
  }

  std::string_view LineSoFar() const {
    const std::size_t begin = out_.rfind('\n');
    return std::string_view(out_).substr(begin == std::string::npos ? 0 : begin + 1);
  }

  char Previous() const { return out_.empty() ? '\n' : out_.back(); }

  void Step() {
    if (Sees("\\\n")) return JoinLines();
    if (Sees("//")) return LineComment();
    if (Sees("/*")) return BlockComment();
    if (in_[at_] == '"') return StringLiteral();
    // 1'000'000 separates digits; anything else opens a character.
    if (in_[at_] == '\'' && !IsWordCharacter(Previous())) return Quoted('\'');
    Keep();
  }

  // A continued line is one line to the preprocessor; the break is lost, which only shifts numbers.
  void JoinLines() { at_ += 2; }

  void LineComment() {
    while (at_ < in_.size() && in_[at_] != '\n') Blank(Sees("\\\n") ? 2 : 1);
  }

  void BlockComment() {
    const std::size_t end = in_.find("*/", at_ + 2);
    Blank(end == std::string_view::npos ? in_.size() - at_ : end + 2 - at_);
  }

  void StringLiteral() {
    const std::optional<std::string_view> include = AfterInclude(LineSoFar());
    if (include && include->empty()) {
      const std::size_t end = std::min(in_.find('"', at_ + 1), in_.find('\n', at_));
      return Keep(end == std::string_view::npos ? in_.size() - at_ : end + 1 - at_);
    }
    if (Previous() == 'R') return RawString();
    Quoted('"');
  }

  void Quoted(char quote) {
    Blank();
    while (at_ < in_.size() && in_[at_] != quote && in_[at_] != '\n') {
      Blank(in_[at_] == '\\' ? 2 : 1);
    }
    Blank();
  }

  void RawString() {
    const std::size_t open = in_.find('(', at_);
    if (open == std::string_view::npos) return Blank(in_.size() - at_);
    const std::string close = ")" + std::string(in_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const std::size_t end = in_.find(close, open);
    Blank(end == std::string_view::npos ? in_.size() - at_ : end + close.size() - at_);
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
};

Include Parse(std::string_view written, int line) {
  Include include;
  include.line = line;
  const char open = written.empty() ? ' ' : written.front();
  const char close = open == '<' ? '>' : '"';
  const std::size_t end = written.find(close, 1);
  if ((open != '<' && open != '"') || end == std::string_view::npos) {
    include.name = std::string(written);
    include.computed = true;
    return include;
  }
  include.quoted = open == '"';
  include.name = std::string(written.substr(1, end - 1));
  return include;
}

}  // namespace

std::string WithoutCommentsAndLiterals(std::string_view text) { return Blanker(text).Take(); }

std::vector<Include> IncludesOf(std::string_view code) {
  std::vector<Include> includes;
  for (int line = 1; !code.empty(); ++line) {
    const std::size_t end = std::min(code.find('\n'), code.size());
    if (const auto written = AfterInclude(code.substr(0, end))) {
      includes.push_back(Parse(*written, line));
    }
    code.remove_prefix(std::min(end + 1, code.size()));
  }
  return includes;
}

}  // namespace baokms::structure
