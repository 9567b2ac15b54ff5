// The commands of the scangrad program. Each command has a file here with a function that adds it to the command line.
#pragma once

#include <string>
#include <vector>

#include "../line/command_line.h"

namespace CLI {
class App;
}

namespace scangrad_tools {

// The name by which the program was started. Suggested commands begin with it.
std::string& program_name();

// Adds all commands; the result runs the chosen one. `words` is the line, which the options of `train` depend on.
Run add_commands(CLI::App& app, const std::vector<std::string>& words);

Run add_train(CLI::App& app, const std::vector<std::string>& words);
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
