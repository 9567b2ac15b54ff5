#include "gate_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/observe/gate_watch.h"
#include "../../models/analysis/state_gradient.h"
#include "../../models/runs/trained_run.h"
#include "../../models/tasks/copy/copy_task.h"
#include "../../ops/losses/cross_entropy.h"
#include "../../ops/reduce.h"
#include "../../ops/slice.h"
#include "series_run.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// Reads everything from a start; the result is a scalar. Without steps it makes the start's own tensors.
using Read = std::function<Tensor(State& state, const Boundaries& at)>;

// What a token looks like under a picture: nothing that cannot be seen.
std::string shown(const std::string& token) {
  if (token == " ") return "\u2423";
  if (token == "\n") return "\u21b5";
  if (token == "\t") return "\u21e5";
  const auto byte = static_cast<unsigned char>(token.empty() ? 0 : token[0]);
  const bool is_alone = token.size() == 1 && (byte < 32 || byte > 126);  // a byte of a longer character, or none
  return is_alone ? fmt::format("{:02x}", byte) : token;
}

Read read_tokens(const TrainedRun& run, const Ids& ids) {
  const LanguageModel& model = *run.model;
  return [&model, ids](State& state, const Boundaries& at) {
    const Tensor logits = model(ids, state, at, nullptr, /*last=*/1);
    const real* const last = logits.data();
    const auto likeliest = static_cast<int32_t>(std::max_element(last, last + logits.numel()) - last);
    return cross_entropy(logits, Ids({1, 1}, {likeliest}));
  };
}

Read read_text(const TrainedRun& run, const ProbeOptions& options, GateProbe& probe) {
  check(!options.text.empty(), "gates: {} was trained on a text, so --text \"...\" is needed", options.run);
  const std::vector<int32_t> tokens = run.vocabulary.encode(options.text, "--text");
  for (const int32_t token : tokens) probe.labels.push_back(shown(run.vocabulary.decode(token)));
  probe.what = "a text";
  return read_tokens(run, Ids({1, std::ssize(tokens)}, tokens));
}

Read read_copying(const TrainedRun& run, const ProbeOptions& options, GateProbe& probe) {
  check(options.example >= 0, "gates: example is {}, but at least 0 is needed", options.example);
  const Ids ids = SelectiveCopying(run.config.copy).examples(kTestSeed, options.example, 1).inputs;
  const int32_t noise = static_cast<int32_t>(run.config.copy.vocab) - 1;
  for (int64_t i = 0; i < ids.numel(); ++i)
    probe.labels.push_back(ids[i] == noise ? "\u00b7" : ids[i] == 0 ? "?" : std::to_string(ids[i]));
  probe.what = fmt::format("test example {}", options.example);
  return read_tokens(run, ids);
}

Read read_series(const TrainedRun& run, const ProbeOptions& options, GateProbe& probe) {
  check(forecasts(run.config), "gates: {} says labels, but a run that forecasts is needed", options.run);
  const SeriesData data(open_series(run.config), series_name(run.config), {0, 0}, &run.scaling.inputs);
  const int64_t steps = options.steps != 0 ? options.steps : std::min(run.config.series.length, data.steps());
  check(steps >= 1 && steps <= data.steps(), "gates: steps is {}, but 1 to {} is needed", steps, data.steps());
  const Tensor x = data.windows({data.steps() - steps}, steps);
  for (int64_t step = data.steps() - steps; step < data.steps(); ++step) probe.labels.push_back(std::to_string(step));
  probe.what = "the end of " + data.name();
  const SeriesModel& model = *run.series;
  return [&model, x, steps](State& state, const Boundaries& at) {
    return sum(slice(model(x, state, at), 1, steps - 1, steps));
  };
}

Read reader(const TrainedRun& run, const ProbeOptions& options, GateProbe& probe) {
  const std::string& task = run.config.task;
  check(options.text.empty() || task == "text", "gates: {} is a run of train {}, which reads no --text", options.run,
        task);
  check(options.steps == 0 || task == "series", "gates: {} is a run of train {}, which takes no --steps", options.run,
        task);
  check(options.example == 0 || task == "copy", "gates: {} is a run of train {}, which takes no --example", options.run,
        task);
  if (task == "text") return read_text(run, options, probe);
  return task == "copy" ? read_copying(run, options, probe) : read_series(run, options, probe);
}

}  // namespace

GateProbe probe_gates(const ProbeOptions& options) {
  // Through logarithms the same function is computed without gates to look at.
  const TrainedRun run = load_run(options.run, [](RunConfig& config) {
    MixerChoice& mixer = config.model.stack.mixer;
    if (find_option(mixer_row(mixer.name).options, "space") != nullptr) mixer.options.set("space", "linear");
    config.model.stack.recompute = false;  // each layer is called once
  });
  GateProbe probe;
  probe.mixer = run.config.model.stack.mixer.name;
  const Read read = reader(run, options, probe);
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
  command.add_option("run", options.run, "folder of the run")->required();
  command.add_option("--text", options.text, "what a run on text reads");
  command.add_option("--example", options.example, "which test example a run on copying reads")->capture_default_str();
  command.add_option("--steps", options.steps,
                     "how many of the last steps a run on a series reads (default: as trained)");
}

}  // namespace scangrad_tools
