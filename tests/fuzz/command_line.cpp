// Arguments of `scangrad`, one in each line of the input. They are parsed as the program does; no command runs.
#include <CLI/CLI.hpp>
#include <sstream>
#include <vector>

#include "../../tools/commands/commands.h"
#include "fuzz.h"

namespace scangrad_fuzz {

void fuzz(const std::string& input) {
  std::vector<std::string> words{"scangrad"};
  std::istringstream lines(input.substr(0, input.find('\0')));
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  CLI::App app;
  try {
    (void)scangrad_tools::parse_command_line(app, static_cast<int>(words.size()), argv.data());
  } catch (const CLI::Error&) {
    require(false, "an error of the parser got through");
  }
}

}  // namespace scangrad_fuzz
