#include "help_text.h"

#include <sstream>

namespace scangrad_tools {
namespace {

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

std::string wrapped(const std::string& text, size_t columns) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const size_t mark = line.find(kNegative);  // of a flag such as --bias,--no-bias
    if (mark != std::string::npos)
      line.replace(mark, kNegative.size(), mark + kNegative.size() < line.size() ? kNegative.size() : 0, ' ');
    result += wrapped_line(line, columns) + "\n";
  }
  return result;
}

}  // namespace scangrad_tools
