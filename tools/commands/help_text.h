// Wraps the text of --help to the width of the terminal.
#pragma once

#include <string>

namespace scangrad_tools {

// Lines longer than `columns` are broken between words. A new line begins where the description of an option begins.
std::string wrapped(const std::string& text, size_t columns);
// The columns of the terminal on standard output; 80 if it is not a terminal.
size_t terminal_columns();

}  // namespace scangrad_tools
