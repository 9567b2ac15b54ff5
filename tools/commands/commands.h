// The commands of the scangrad program. Each file command_*.cpp adds one to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace scangrad_tools {

// What the command that was given does, once the line is parsed; returns the exit status.
using Run = std::function<int()>;

// The name that the program was called by, for what it suggests to do next.
std::string& program_name();

// Reads a command line by an app without commands, which has them all then; the result runs the chosen one.
// Errors: a word that is not known or misplaced, with the nearest one; CLI::ParseError where --help or --version asks
// for nothing but what the app can say.
Run parse_command_line(CLI::App& app, int argc, char** argv);

// Adds every command; the result runs the chosen one.
Run add_commands(CLI::App& app, int argc, char** argv);

Run add_train(CLI::App& app, int argc, char** argv);
Run add_replay(CLI::App& app);
Run add_eval(CLI::App& app);
Run add_sample(CLI::App& app);
Run add_convert(CLI::App& app);
Run add_forecast(CLI::App& app);
Run add_plot(CLI::App& app);
Run add_plot_gates(CLI::App& plot);  // a command of `plot`
Run add_gates(CLI::App& app);
Run add_info(CLI::App& app);
Run add_bench(CLI::App& app);
Run add_params(CLI::App& app);
Run add_check(CLI::App& app);
Run add_explain(CLI::App& app);

}  // namespace scangrad_tools
