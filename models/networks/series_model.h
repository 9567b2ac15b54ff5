// Real numbers in, real numbers out: the residual stack between a linear input and a linear head, for series and other
// measurements at every step.
//
//   SeriesModel model(params, {.inputs = 3, .outputs = 1, .stack = {.mixer = "mingru", .layers = 2, .dim = 32}});
//   State state = model.start(/*rows=*/8);
//   Tensor y = model(x, state);                       // x (B, T, inputs) -> y (B, T, outputs)
//   mean_squared_error(y, target).backward();
//
// The head reads one of these:
//
//   kStep      every step:                    y (B, T, outputs)
//   kLast      each stream's last step:       y (streams, outputs)
//   kMean      the mean of a stream's steps:  y (streams, outputs), without padding
//
// With `residual` the network gives the difference between the next step and this one: y = x + head. A forecast then
// begins at the present value, even if that is far from the training data.
//
// One call serves training, long contexts and single steps; the state carries everything from call to call, for kMean
// also the sum of the steps so far: however a sequence is cut into calls, the last result is the same.
// Parameters: input (linear, with bias), stack, head (linear, with bias). Errors: sizes below 1, x of another width,
// residual with other outputs than inputs or a head that is not kStep, what the stack refuses.
#pragma once

#include "../../nn/linear.h"
#include "stack.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Head { kLast, kMean, kStep };

struct SeriesModelConfig {
  int64_t inputs = 1, outputs = 1;  // numbers of a step
  Head head = Head::kStep;
  bool residual = false;
  StackConfig stack = {};
};

class SCANGRAD_API SeriesModel {
 public:
  SeriesModel(const Params& params, const SeriesModelConfig& config);
  State start(int64_t rows) const { return State(rows); }
  // `training` draws dropout masks, and batch norms look at the batch; null: evaluation.
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const;
  const SeriesModelConfig& config() const { return config_; }

 private:
  // The carried last step, and the carried mean, of each stream.
  Tensor last(const Tensor& x, State& state, const Boundaries& at) const;
  Tensor mean(const Tensor& x, State& state, const Boundaries& at) const;

  SeriesModelConfig config_;
  Linear input_;
  Stack stack_;
  Linear head_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
