// Wraps the text of --help to the width of the terminal.
#pragma once

#include <string>

namespace scangrad_tools {

// Lines longer than `columns` are broken between words. A new line begins where the description of an option begins.
std::string wrapped(const std::string& text, size_t columns);

}  // namespace scangrad_tools
