// The commands of the scangrad program. Each command has a file here with a function that adds it to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace scangrad_tools {

// Runs a command after its line was parsed; returns the exit status.
using Run = std::function<int()>;

// The name by which the program was started. Suggested commands begin with it.
std::string& program_name();

// Adds commands to an app; the result runs the chosen one.
using AddCommands = std::function<Run(CLI::App& app, int argc, char** argv)>;

// All commands.
Run add_commands(CLI::App& app, int argc, char** argv);

// Adds commands to an empty app and parses the command line; the result runs the chosen command.
// Errors: an unknown or misplaced word, with the most similar known one; CLI::ParseError for --help and --version.
Run parse_command_line(CLI::App& app, int argc, char** argv, const AddCommands& add = add_commands);

Run add_train(CLI::App& app, int argc, char** argv);
Run add_runs(CLI::App& app);
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
