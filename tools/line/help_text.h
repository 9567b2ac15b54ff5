// The text of --help: the options that people use first, in groups, and an example. --help-all has all options.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace scangrad_tools {

// The group of an option that only --help-all shows. There it stands with those of `group`.
std::string later(const std::string& group);

// The example below the options: "train copy --preset quick".
void set_example(CLI::App& command, const std::string& words);

// The help of the command that was typed, wrapped to so many columns.
std::string help_text(CLI::App& app, bool all, size_t columns);

// Lines longer than `columns` are broken between words. A new line begins where the description of an option begins.
std::string wrapped(const std::string& text, size_t columns);

}  // namespace scangrad_tools
