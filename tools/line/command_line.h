// The command line of the scangrad program.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace scangrad_tools {

// Runs a command after its line was parsed; returns the exit status.
using Run = std::function<int()>;

// Adds commands to an app; the result runs the chosen one. `words` is the line, which the options of `train` depend on.
using AddCommands = std::function<Run(CLI::App& app, const std::vector<std::string>& words)>;

// Adds all commands to an empty app and parses the words after the name of the program. The result runs the chosen
// command, or prints what --help, --help-all or --version asks for. Errors: scangrad::Error with a sentence that says
// what to type.
Run parse_command_line(CLI::App& app, std::vector<std::string> words, const AddCommands& add);
Run parse_command_line(CLI::App& app, int argc, char** argv);

}  // namespace scangrad_tools
