#include "copy_row.h"

#include <fmt/format.h>

#include "../../../core/check.h"
#include "../token_network.h"
#include "../token_reading.h"
#include "copy_task.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

SelectiveCopyingConfig sizes_of(const RunConfig& config) {
  return {.length = config.get<int64_t>("length"),
          .tokens = config.get<int64_t>("tokens"),
          .vocab = config.get<int64_t>("vocab")};
}

OptionList options() {
  const SelectiveCopyingConfig paper;
  return {
      {"length", paper.length, "steps among which the data tokens are scattered", kFirst},
      {"tokens", paper.tokens, "data tokens to remember", kFirst},
      {"vocab", paper.vocab, "number of token ids: marker, data tokens, noise", kFixed},
      {"validation_examples", 1'024, "unseen examples of each validation"},
      {"test_examples", 4'096, "unseen examples of the final test"},
  };
}

// Sizes that small machines can train. The learning rate falls from 3e-3: in so few steps a constant rate does not
// reach the same accuracy.
Options scaled(int64_t length, int64_t layers, int64_t steps, int64_t batch) {
  return {{"length", length}, {"tokens", 8}, {"layers", layers}, {"expansion", 4}, {"batch", batch},
          {"steps", steps},   {"lr", 3e-3},  {"min_lr", 1e-4},   {"warmup", 100}};
}

std::vector<Preset> presets() {
  return {
      {"quick",
       "length 64, 4 tokens, 2 layers: about a minute",
       {{"length", 64},
        {"tokens", 4},
        {"layers", 2},
        {"expansion", 4},
        {"steps", 2'000},
        {"lr", 3e-3},
        {"min_lr", 3e-4},
        {"warmup", 50},
        {"eval_every", 250},
        {"log_every", 25}}},
      {"t256", "length 256, 8 tokens, 2 layers, 5,000 steps", scaled(256, 2, 5'000, 64)},
      {"t512", "length 512, 8 tokens, 3 layers, 8,000 steps", scaled(512, 3, 8'000, 64)},
      {"t1024", "length 1,024, 8 tokens, 3 layers, 14,000 steps", scaled(1'024, 3, 14'000, 32)},
      {"paper", "length 4,096, 16 tokens, 3 layers, 400,000 steps", {{"accumulate", 2}, {"eval_every", 1'000}}},
  };
}

void prepare(RunConfig& config) {
  const int64_t validation = config.get<int64_t>("validation_examples"), test = config.get<int64_t>("test_examples");
  check(test >= 1 && validation >= 1, "scangrad: {} validation and {} test examples, but at least 1 of each is needed",
        validation, test);
}

void build(TrainedRun& run, const KeptTexts&) {
  run.model = std::make_unique<LanguageModel>(run.params, token_network(run.config, run.config.get<int64_t>("vocab")));
}

OpenTask open(TrainedRun& run, const KeptTexts& kept) {
  const RunConfig& config = run.config;
  const SelectiveCopyingConfig sizes = sizes_of(config);
  const int64_t steps = sizes.length + sizes.tokens, positions = config.get<int64_t>("positions");
  check(positions == 0 || positions >= steps, "scangrad: positions is {}, but sequences have {} steps", positions,
        steps);
  const auto data = std::make_shared<SelectiveCopying>(sizes);
  build(run, kept);
  const LanguageModel& model = *run.model;
  OpenTask opened;
  opened.task = copy_task(model, *data, static_cast<uint64_t>(config.train.seed), config.batch, config.train.accumulate,
                          config.get<int64_t>("validation_examples"));
  opened.title = fmt::format("selective copying, length {}", sizes.length);
  opened.summary = fmt::format("selective copying: length {}, {} tokens", sizes.length, sizes.tokens);
  const int64_t rows = config.batch / config.train.accumulate, examples = config.get<int64_t>("test_examples");
  opened.report = [&model, data, rows, examples](const TrainResult&) {
    const Evaluation test = evaluate_copying(model, *data, kTestSeed, examples, rows);
    return fmt::format("test accuracy {:.2f} % on {} unseen examples (loss {:.4f})\n", 100 * test.accuracy, examples,
                       test.loss);
  };
  return opened;
}

std::string evaluate(TrainedRun& run, const Options& given) {
  const RunConfig& config = run.config;
  SelectiveCopyingConfig sizes = sizes_of(config);
  const int64_t trained = sizes.length;
  if (const int64_t length = given.get<int64_t>("length"); length != 0) sizes.length = length;
  int64_t examples = given.get<int64_t>("examples"), batch = given.get<int64_t>("batch");
  if (examples == 0) examples = config.get<int64_t>("test_examples");
  if (batch == 0) batch = config.batch / config.train.accumulate;
  const Evaluation test = evaluate_copying(*run.model, SelectiveCopying(sizes), kTestSeed, examples, batch);
  return fmt::format("test accuracy {:.2f} % on {} unseen examples of length {} (trained on {}), loss {:.4f}\n",
                     100 * test.accuracy, examples, sizes.length, trained, test.loss);
}

GateReading gates(const TrainedRun& run, const Options& given) {
  const int64_t example = given.get<int64_t>("example");
  check(example >= 0, "gates: example is {}, but at least 0 is needed", example);
  const SelectiveCopyingConfig sizes = sizes_of(run.config);
  const Ids ids = SelectiveCopying(sizes).examples(kTestSeed, example, 1).inputs;
  GateReading reading{fmt::format("test example {}", example), {}, read_tokens(*run.model, ids)};
  for (int64_t i = 0; i < ids.numel(); ++i)
    reading.labels.push_back(ids[i] == sizes.vocab - 1 ? "\u00b7" : ids[i] == 0 ? "?" : std::to_string(ids[i]));
  return reading;
}

// A network with positions cannot read longer examples.
std::vector<std::string> next(const RunConfig& config) {
  std::vector<std::string> lines{"eval RUN"};
  if (config.get<int64_t>("positions") == 0) lines[0] += fmt::format(" --length {}", 2 * config.get<int64_t>("length"));
  if (shows_gates(config)) lines.push_back("gates RUN");
  return lines;
}

Adopted adopt(RunConfig& config, int64_t vocab, const std::string& data) {
  check(data.empty(), "convert: --data is a text, but --task is copy");
  config.options.set("vocab", vocab);
  return {};
}

}  // namespace

TaskRow copy_row() {
  TaskRow row;
  row.name = "copy";
  row.help = "remember tokens scattered through noise (selective copying)";
  row.options = options();
  row.network = token_options();
  row.presets = presets();
  row.late = {"test_examples"};
  row.example = "--preset quick --steps 1000";
  row.loss_label = "loss (nats per token)";
  row.prepare = prepare;
  row.build = build;
  row.open = open;
  row.eval_options = {{"length", 0, "length of the examples (default: as trained)"},
                      {"examples", 0, "number of examples (default: the test set of the run)"},
                      {"batch", 0, "examples at a time (default: as trained)"}};
  row.evaluate = evaluate;
  row.gate_options = {{"example", 0, "number of the test example to read"}};
  row.gates = gates;
  row.next = next;
  row.preset_for_weights = "paper";
  row.adopt = adopt;
  return row;
}

}  // namespace scangrad::SCANGRAD_PRECISION
