// Models in C, held as C++ holds things, for tests of the C interface; and the same ones in C++.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../../../models/exchange/c_api.h"
#include "../../../models/networks/language_model.h"
#include "../../../models/networks/series_model.h"
#include "../../../nn/training/adamw.h"
#include "../../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

using Model = std::unique_ptr<scangrad_model, void (*)(scangrad_model*)>;
using Held = std::unique_ptr<scangrad_state, void (*)(scangrad_state*)>;

inline Model model(const std::string& config) {
  scangrad_model* made = nullptr;
  REQUIRE_MESSAGE(scangrad_model_create(config.c_str(), &made) == SCANGRAD_OK, scangrad_last_error());
  return {made, scangrad_model_free};
}

inline Held start(const Model& of, int64_t rows) {
  scangrad_state* made = nullptr;
  REQUIRE(scangrad_state_create(of.get(), rows, &made) == SCANGRAD_OK);
  return {made, scangrad_state_free};
}

// What a call that must fail says.
inline std::string said(int status) {
  return status == SCANGRAD_ERROR ? scangrad_last_error() : "(status " + std::to_string(status) + ")";
}

inline bool done(int status) {
  return status == SCANGRAD_OK;
}

inline scangrad_parameter parameter(const Model& of, int64_t index) {
  scangrad_parameter result;
  REQUIRE(done(scangrad_model_parameter(of.get(), index, &result)));
  return result;
}

inline scangrad_sizes sizes(const Model& of) {
  scangrad_sizes result;
  REQUIRE(done(scangrad_model_sizes(of.get(), &result)));
  return result;
}

// All weights, or all gradients, one after the other.
inline std::vector<real> numbers(const Model& of, bool gradients = false) {
  std::vector<real> all;
  for (int64_t i = 0; i < sizes(of).parameters; ++i) {
    const scangrad_parameter p = parameter(of, i);
    const real* const from = gradients ? p.gradient : p.values;
    all.insert(all.end(), from, from + p.count);
  }
  return all;
}

inline std::vector<real> numbers(const std::vector<Tensor>& tensors) {
  std::vector<real> all;
  for (const Tensor& tensor : tensors) all.insert(all.end(), tensor.data(), tensor.data() + tensor.numel());
  return all;
}

// Two layers on 7 ids, in C and in C++; dropout makes training draw random numbers.
inline constexpr const char* kTokens =
    R"({"vocab": 7, "mixer": "mingru", "layers": 2, "dim": 8, "expansion": 2, "mlp": 2, "dropout": 0.25, "lr": 0.01,
        "clip": 0.5, "seed": 5})";
inline const LanguageModelConfig kSameTokens{
    .vocab = 7, .stack = {.mixer = "mingru", .layers = 2, .dim = 8, .expansion = 2, .mlp = 2, .dropout = 0.25}};
inline const AdamWOptions kSameAdam{.lr = 0.01, .weight_decay = 0.05, .policy = DecayPolicy::kPaper, .clip = 0.5};

inline constexpr const char* kSeries =
    R"({"inputs": 2, "outputs": 3, "mixer": "minlstm", "layers": 1, "dim": 4, "seed": 5})";
inline const SeriesModelConfig kSameSeries{
    .inputs = 2, .outputs = 3, .stack = {.mixer = "minlstm", .layers = 1, .dim = 4, .expansion = 6}};

inline constexpr int64_t B = 2, T = 5;
inline const Ids kIds = random_ids({B, T}, 1, 7), kTargets = random_ids({B, T}, 2, 7);

inline int train(const Model& of, int mode = SCANGRAD_TRAIN, double* loss = nullptr, scangrad_state* state = nullptr) {
  return scangrad_loss_ids(of.get(), state, kIds.data(), kTargets.data(), nullptr, B, T, mode, loss);
}

}  // namespace scangrad::SCANGRAD_PRECISION
