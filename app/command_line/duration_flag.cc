#include "app/command_line/duration_flag.h"

#include "app/command_line/span.h"

namespace baokms::app {

void AddDuration(CLI::App& command, const std::string& flag, std::chrono::nanoseconds& duration,
                 const std::string& description, const DurationRule& rule) {
  const std::string advice =
      "must be a duration above 0s, at most " +
      std::to_string(std::chrono::duration_cast<std::chrono::hours>(rule.most).count()) +
      "h, such as " + rule.example;
  CLI::Option* option = command
                            .add_option_function<std::string>(
                                flag,
                                [&duration, most = rule.most](const std::string& text) {
                                  duration = *ParseSpan(text, most);
                                },
                                description)
                            ->type_name("DURATION")
                            ->check([advice, most = rule.most](const std::string& text) {
                              return ParseSpan(text, most) ? std::string() : advice;
                            });
  if (!rule.default_text.empty()) option->default_str(rule.default_text);
}

}  // namespace baokms::app
