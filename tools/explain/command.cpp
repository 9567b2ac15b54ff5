// scangrad explain: the command line of the explanations (explain.h).
#include <CLI/CLI.hpp>
#include <memory>

#include "../commands/commands.h"
#include "../line/help_text.h"
#include "explain.h"

namespace scangrad_tools {

Run add_explain(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("explain", "the algorithm with numbers, to follow by hand");
  command->require_subcommand(1);
  const auto run = std::make_shared<Run>();
  const auto topic = [&](const char* name, const char* help, const Run& explain) {
    CLI::App* const added = command->add_subcommand(name, help);
    added->callback([run, explain] { *run = explain; });
    return added;
  };
  const auto length = std::make_shared<int64_t>(8);
  const auto seed = std::make_shared<uint64_t>(1);
  CLI::App* const scan = topic("scan", "the recurrence step by step, as a tree, and its gradient",
                               [length, seed] { return explain_scan(*length, *seed); });
  scan->add_option("--length", *length, "number of steps, 2 to 16")->capture_default_str();
  scan->add_option("--seed", *seed, "seed of the numbers")->capture_default_str();
  topic("mingru", "one step of the cell and its gradient", explain_mingru);
  topic("minlstm", "one step of the cell and its gradient", explain_minlstm);
  topic("gru", "why the recurrence of a GRU cannot be scanned", explain_gru);
  topic("bptt", "why minGRU needs no backpropagation through time", explain_bptt);
  set_example(*command, "explain scan --length 8");
  return [run] { return (*run)(); };
}

}  // namespace scangrad_tools
