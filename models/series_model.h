// Real numbers in, real numbers out: the residual stack between a linear input and a linear head, for series and for
// whatever else is measured at every step.
//
//   SeriesModel model(params, {.inputs = 3, .outputs = 1, .stack = {.mixer = "mingru", .layers = 2, .options = {.dim =
//   32}}}); State state = model.start(/*rows=*/8); Tensor y = model(x, state);                       // x (B, T,
//   inputs) -> y (B, T, outputs) mean_squared_error(y, target).backward();
//
// One call serves training, long contexts and single steps; the state carries everything from call to call.
// Parameters: input (linear, with bias), stack, head (linear, with bias). Errors: sizes below 1, x of another width,
// what the stack refuses.
#pragma once

#include "../nn/linear.h"
#include "stack.h"

namespace scangrad::inline SCANGRAD_PRECISION {

struct SeriesModelConfig {
  int64_t inputs = 1, outputs = 1;  // numbers of a step
  StackConfig stack;
};

class SCANGRAD_API SeriesModel {
 public:
  SeriesModel(const Params& params, const SeriesModelConfig& config);
  State start(int64_t rows) const { return State(rows); }
  // `training` draws dropout masks, and batch norms look at the batch; null: evaluation.
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const;

 private:
  Linear input_;
  Stack stack_;
  Linear head_;
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
