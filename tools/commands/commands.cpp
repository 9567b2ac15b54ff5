#include "commands.h"

#include <CLI/CLI.hpp>

#include <utility>
#include <vector>

namespace scangrad_tools {

std::string& program_name() {
  static std::string name = "scangrad";
  return name;
}

Run add_commands(CLI::App& app, const std::vector<std::string>& typed_words) {
  const std::vector<std::pair<const char*, Run>> commands = {
      {"train", add_train(app, typed_words)},
      {"runs", add_runs(app)},
      {"replay", add_replay(app)},
      {"eval", add_eval(app)},
      {"sample", add_sample(app)},
      {"convert", add_convert(app)},
      {"forecast", add_forecast(app)},
      {"plot", add_plot(app)},
      {"gates", add_gates(app)},
      {"info", add_info(app)},
      {"bench", add_bench(app)},
      {"params", add_params(app)},
      {"check", add_check(app)},
      {"explain", add_explain(app)},
  };
  return [&app, commands] {
    for (const auto& [name, run] : commands)
      if (app.got_subcommand(name)) return run();
    return 1;
  };
}

}  // namespace scangrad_tools
