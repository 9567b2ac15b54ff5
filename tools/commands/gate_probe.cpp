#include "gate_probe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/observe/gate_watch.h"
#include "../../models/analysis/state_gradient.h"
#include "../line/needed_run.h"
#include "config_flags.h"

namespace scangrad_tools {

using namespace scangrad;

GateProbe probe_gates(const ProbeOptions& options) {
  NeededRun need = run_with(options.command, &TaskRow::gates);
  need.is_usable = [has_reading = need.is_usable](const FoundRun& run) {
    return has_reading(run) && shows_gates(*run.config);
  };
  check_run(need, options.run);
  // In log space the same function is computed without separate gates.
  const TrainedRun run = load_run(options.run, [](RunConfig& config) {
    MixerChoice& mixer = config.stack.mixer;
    if (find_option(mixer_row(mixer.name).options, "space") != nullptr) mixer.options.set("space", "linear");
    config.stack.recompute = false;  // each layer is called once
  });
  const auto& gates = function_of(run, &TaskRow::gates, "gates", "has no gates to show");
  const GateReading reading = gates(run, checked_options("gates", run, &TaskRow::gate_options, options.given));
  const auto& read = reading.read;
  GateProbe probe{run.config.stack.mixer.name, reading.what, reading.labels, {}};
  State start(1);
  {
    const NoGrad no_grad;
    read(start, Boundaries::lengths({0}));
  }
  GateWatch watch;
  const State gradient = state_gradient(start, [&](State& state) { return read(state, {}); });
  const std::string& state = mixer_row(probe.mixer).gated_state;
  check(!state.empty() && !watch.calls().empty(), "gates: {} has none to show; {} have", probe.mixer,
        joined(mixer_names([](const MixerRow& row) { return !row.gated_state.empty(); })));
  for (size_t i = 0; i < watch.calls().size(); ++i)
    probe.layers.push_back(
        {watch.calls()[i].keep, watch.calls()[i].write, gradient.get(fmt::format("blocks.{}.mixer.{}", i, state))});
  return probe;
}

void add_probe_options(CLI::App& command, ProbeOptions& options) {
  command.add_option("run", options.run, "folder of the run");
  add_given_flags(command, &TaskRow::gate_options, options.given);
}

}  // namespace scangrad_tools
