#include "c_network.h"

#include <utility>

#include "../../core/check.h"
#include "../runs/config_fields.h"
#include "../runs/json_fields.h"
#include "../runs/mixer_json.h"
#include "../runs/trained_run.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct Config {
  bool of_ids = true;
  int64_t inputs = 0;         // of a series
  LanguageModelConfig model;  // of a series: its outputs and its stack
  TrainConfig train;          // its optimizer and seed
};

Config parse(const char* text) {
  JsonFields read(text, "the configuration");
  const auto field = [&](const char* name, auto& value, const char*) { read_field(read, name, value); };
  Config config;
  config.of_ids = read.has("vocab");
  check(config.of_ids != read.has("inputs"), "config: the configuration has {} of vocab and inputs, but one is needed",
        config.of_ids ? "both" : "neither");
  if (config.of_ids) {
    read("vocab", config.model.vocab);
    each_token_field(config.model, field);
  } else {
    read("inputs", config.inputs);
    config.model.outputs = 1;
  }
  read("outputs", config.model.outputs);
  each_stack_field(config.model.stack, field);
  each_optimizer_field(config.train, field);
  each_precision_field(config.train, field);
  read.finish();
  check(config.train.seed >= 0, "config: seed of the configuration is {}, but at least 0 is needed", config.train.seed);
  return config;
}

AnyNetwork network_of(const Params& params, const Config& config) {
  if (config.of_ids) return LanguageModel(params, config.model);
  return SeriesModel(params, {.inputs = config.inputs, .outputs = config.model.outputs, .stack = config.model.stack});
}

}  // namespace

Rng draws(uint64_t seed) {
  return Rng(seed, uint64_t(1) << 40);
}

Network::Network(const Params& its_params, AnyNetwork network, int64_t in, int64_t out, const TrainConfig& train)
    : params(its_params),
      model(std::move(network)),
      inputs(in),
      outputs(out),
      precision(train.precision),
      adam(params, adam_options(train)),
      gradients(params.gradients()),
      rng(draws(static_cast<uint64_t>(train.seed))) {}

std::shared_ptr<Network> network_from_json(const char* text) {
  const Config config = parse(text);
  const Params params(static_cast<uint64_t>(config.train.seed));
  const int64_t inputs = config.of_ids ? config.model.vocab : config.inputs;
  const int64_t outputs = config.of_ids && config.model.outputs == 0 ? inputs : config.model.outputs;
  return std::make_shared<Network>(params, network_of(params, config), inputs, outputs, config.train);
}

std::shared_ptr<Network> network_from_folder(const char* call, const char* folder) {
  TrainedRun run = load_run(folder);
  const TrainConfig& train = run.config.train;
  if (run.model != nullptr) {
    const int64_t vocab = run.model->config().vocab;
    return std::make_shared<Network>(run.params, std::move(*run.model), vocab, vocab, train);
  }
  check(run.series != nullptr, "{}: {} holds a network of another kind, but one on tokens or numbers is needed", call,
        folder);
  const SeriesModelConfig sizes = run.series->config();
  check(sizes.head == Head::kStep,
        "{}: {} holds a network of one result for a sequence, but one for each step is needed", call, folder);
  return std::make_shared<Network>(run.params, std::move(*run.series), sizes.inputs, sizes.outputs, train);
}

}  // namespace scangrad::SCANGRAD_PRECISION
