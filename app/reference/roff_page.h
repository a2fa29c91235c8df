// A manual page in man(7)'s macros.
#pragma once

#include <string>
#include <string_view>

#include "app/reference/pages.h"

namespace baokms::app {

class RoffPage {
 public:
  // `section` is "8"; `manual` the line at the top, "System Manager's Manual".
  RoffPage(std::string_view title, std::string_view section, const Edition& edition,
           std::string_view manual);

  void Section(std::string_view heading);
  void Subsection(std::string_view heading);
  // `Backticks` make bold, here and in items.
  void Paragraph(std::string_view text);
  // "name - purpose", as man-pages(7) and apropos want it.
  void NameLine(std::string_view name, std::string_view purpose);
  // A term in bold and what it is, indented.
  void Item(std::string_view term, std::string_view text);
  // As it is typed, lines kept.
  void Example(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool needs_break_ = false;  // between paragraphs, not behind a heading
};

}  // namespace baokms::app
