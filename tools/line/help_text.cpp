#include "help_text.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

namespace scangrad_tools {
namespace {

const std::string kLater = "later:";  // begins the groups of options that only --help-all shows

// Without the options that exclude an option: a line with both says so.
class PlainFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string text = CLI::Formatter::make_option_opts(option);
    return text.substr(0, text.find(" Excludes:"));
  }
};

constexpr size_t kLeastDescription = 20;  // columns
const std::string kNegative = "{false}";

// Where the description begins in a line such as "  --dim INT=64      channels": after the first gap of two spaces.
size_t description_of(const std::string& line) {
  const size_t text = line.find_first_not_of(' ');
  if (text == std::string::npos) return 0;
  const size_t gap = line.find("  ", text);
  const size_t after = gap == std::string::npos ? gap : line.find_first_not_of(' ', gap);
  return after == std::string::npos ? text : after;
}

std::string wrapped_line(const std::string& line, size_t columns) {
  if (line.size() <= columns) return line;
  const size_t description = description_of(line);
  const size_t indent = description + kLeastDescription < columns ? description : 4;
  std::string result, row = line.substr(0, description);
  std::istringstream words(line.substr(description));
  bool begins = true;
  for (std::string word; words >> word; begins = false) {
    if (!begins && row.size() + 1 + word.size() > columns) {
      result += row + "\n";
      row.assign(indent, ' ');
      begins = true;
    }
    row += (begins ? "" : " ") + word;
  }
  return result + row;
}

}  // namespace

std::string later(const std::string& group) {
  return kLater + group;
}

void set_example(CLI::App& command, const std::string& words) {
  command.footer("example: scangrad " + words);
}

std::string help_text(CLI::App& app, bool all, size_t columns) {
  CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  bool has_more = false;
  for (CLI::Option* const option : command->get_options()) {
    if (option == command->get_help_all_ptr()) option->group("");
    const std::string group = option->get_group();
    if (group.rfind(kLater, 0) != 0) continue;
    has_more |= group != kLater;  // an option of no group is never shown
    option->group(all ? group.substr(kLater.size()) : "");
  }
  std::string footer = command->get_footer();
  if (has_more && !all) footer += footer.empty() ? "--help-all shows all options" : "\n--help-all shows all options";
  command->footer(footer);
  command->formatter(std::make_shared<PlainFormatter>());
  return wrapped(app.help(), columns);
}

std::string wrapped(const std::string& text, size_t columns) {
  std::istringstream lines(text);
  std::string result;
  bool was_empty = false;
  for (std::string line; std::getline(lines, line); was_empty = line.empty()) {
    if (line.empty() && was_empty) continue;   // one empty line between groups is enough
    const size_t mark = line.find(kNegative);  // of a flag such as --bias,--no-bias
    if (mark != std::string::npos)
      line.replace(mark, kNegative.size(), mark + kNegative.size() < line.size() ? kNegative.size() : 0, ' ');
    result += wrapped_line(line, columns) + "\n";
  }
  return result;
}

}  // namespace scangrad_tools
