// What a command line lacks or has too much of, as one plain sentence that says what to type.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace scangrad_tools {

// Lets every option of every command check its values: one that needs a number gets a number that its type can hold,
// and one that needs a text does not take the next option for it. Errors are scangrad::Error.
void check_values(CLI::App& app);

// The sentence for an error of the parser.
std::string sentence_for(const CLI::App& app, const std::vector<std::string>& words, const CLI::ParseError& error);

}  // namespace scangrad_tools
