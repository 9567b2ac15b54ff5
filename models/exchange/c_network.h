// The network of a model in the C interface: created from a configuration, or loaded from the folder of a run.
//
//   const auto network = network_from_json(R"({"vocab": 8, "mixer": "mamba", "states": 4, "dim": 16})");
//   std::get<LanguageModel>(network->model);
//
// The keys, and their defaults, are listed in c_api.h. Errors: text that is not a JSON object, an unknown key, a value
// of another kind; no run in the folder, a run with one result for a whole sequence.
#pragma once

#include <memory>
#include <variant>

#include "../../nn/training/adamw.h"
#include "../networks/language_model.h"
#include "../networks/series_model.h"
#include "../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

using AnyNetwork = std::variant<LanguageModel, SeriesModel>;

// What a model and its states share.
struct Network {
  Network(const Params& its_params, AnyNetwork network, int64_t in, int64_t out, const TrainConfig& train);

  Params params;
  AnyNetwork model;
  int64_t inputs, outputs;  // ids that it knows, or numbers of a step; numbers of each step's result
  Precision precision;      // of the products of a loss with gradient
  AdamW adam;
  Tensor gradients;  // the arena of all parameters
  Rng rng;           // dropout and samples
};

// Random numbers for dropout and samples, which are not those of the parameters.
SCANGRAD_API Rng draws(uint64_t seed);

SCANGRAD_API std::shared_ptr<Network> network_from_json(const char* text);
// `call` begins the message of an error.
SCANGRAD_API std::shared_ptr<Network> network_from_folder(const char* call, const char* folder);

}  // namespace scangrad::SCANGRAD_PRECISION
