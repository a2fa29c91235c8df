#include "app/reference/roff_page.h"

#include "app/reports/wrapped_text.h"

namespace baokms::app {
namespace {

// Inside a line: minus signs stay minus signs, so that flags can be copied.
std::string Escaped(std::string_view text) {
  std::string escaped;
  bool bold = false;
  for (const char c : text) {
    switch (c) {
      case '\\':
        escaped += "\\e";
        break;
      case '-':
        escaped += "\\-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        bold = !bold;
        escaped += bold ? "\\fB" : "\\fR";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// As lines of the source, none of which may begin like a macro.
std::string Lines(std::string_view text) {
  constexpr std::size_t kSourceWidth = 78;
  std::string lines;
  for (const std::string& line : Wrap(text, kSourceWidth)) {
    if (line.starts_with('.')) lines += "\\&";
    lines += Escaped(line) + "\n";
  }
  return lines;
}

}  // namespace

RoffPage::RoffPage(std::string_view title, std::string_view section, const Edition& edition,
                   std::string_view manual) {
  const auto quoted = [](const std::string& text) { return " \"" + text + "\""; };
  text_ = ".\\\" Made by the build from the program's own tables.\n.TH";
  text_ +=
      quoted(Escaped(title)) + quoted(std::string(section)) + quoted(std::string(edition.date)) +
      quoted(Escaped("bao-kms-provider " + std::string(edition.version))) + quoted(Escaped(manual));
  text_ += "\n.ad l\n.nh\n";  // flags and paths are long words, and must not be broken
}

void RoffPage::Section(std::string_view heading) {
  text_.append(".SH ").append(Escaped(heading)).append("\n");
  needs_break_ = false;
}

void RoffPage::Subsection(std::string_view heading) {
  text_.append(".SS ").append(Escaped(heading)).append("\n");
  needs_break_ = false;
}

void RoffPage::Paragraph(std::string_view text) {
  if (needs_break_) text_.append(".PP\n");
  text_.append(Lines(text));
  needs_break_ = true;
}

void RoffPage::NameLine(std::string_view name, std::string_view purpose) {
  text_.append(Escaped(name)).append(" \\- ").append(Escaped(purpose)).append("\n");
}

void RoffPage::Item(std::string_view term, std::string_view text) {
  text_.append(".TP\n.B ").append(Escaped(term)).append("\n").append(Lines(text));
  needs_break_ = true;
}

void RoffPage::Example(std::string_view text) {
  if (needs_break_) text_.append(".PP\n");
  text_.append(".RS 4\n.nf\n").append(Escaped(text)).append("\n.fi\n.RE\n");
  needs_break_ = true;
}

}  // namespace baokms::app
