#include "help_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace scangrad_tools {
namespace {

constexpr size_t kLeastColumns = 40;
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
  const size_t indent = description_of(line) + kLeastColumns / 2 < columns ? description_of(line) : 4;
  std::string result = line.substr(0, description_of(line)), row = result;
  std::istringstream words(line.substr(description_of(line)));
  bool begins = true;
  for (std::string word; words >> word; begins = false) {
    if (!begins && row.size() + 1 + word.size() > columns) {
      result += "\n" + std::string(indent, ' ');
      row.assign(indent, ' ');
      begins = true;
    }
    row += (begins ? "" : " ") + word;
    result += (begins ? "" : " ") + word;
  }
  return result;
}

}  // namespace

std::string wrapped(const std::string& text, size_t columns) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const size_t mark = line.find(kNegative);  // of a flag such as --bias,--no-bias
    if (mark != std::string::npos)
      line.replace(mark, kNegative.size(), mark + kNegative.size() < line.size() ? 7 : 0, ' ');
    result += wrapped_line(line, columns) + "\n";
  }
  return result;
}

size_t terminal_columns() {
  winsize size{};
  const bool known = isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? std::max<size_t>(size.ws_col, kLeastColumns) : 80;
}

}  // namespace scangrad_tools
