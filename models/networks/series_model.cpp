#include "series_model.h"

#include <algorithm>

#include "../../core/check.h"
#include "../../ops/arithmetic.h"
#include "../../ops/diagonal/boundary_scan.h"

namespace scangrad::SCANGRAD_PRECISION {

SeriesModel::SeriesModel(const Params& params, const SeriesModelConfig& config)
    : config_(config),
      input_(params / "input", config.inputs, config.stack.dim),
      stack_(params, config.stack),
      head_(params / "head", config.stack.dim, config.outputs) {
  check(!config.residual || (config.inputs == config.outputs && config.head == Head::kStep),
        "series_model: residual with {} inputs and {} outputs, but as many, and a head at every step, are needed",
        config.inputs, config.outputs);
}

Tensor SeriesModel::operator()(const Tensor& x, State& state, const Boundaries& at, Rng* training) const {
  check(x.shape().rank() == 3 && x.numel() > 0,
        "series_model: x has shape {}, but (B, T, inputs) with at least one row and step is needed", x.shape());
  const int64_t streams = at.streams(x.size(0));
  check(state.rows() == streams, "series_model: state has {} rows, but the batch has {} streams", state.rows(),
        streams);
  Tensor seen = stack_(input_(x), state, at, training);
  advance(state, x.size(0), x.size(1), at);
  if (config_.head == Head::kMean) seen = mean(seen, state, at);
  if (config_.head == Head::kLast) seen = last(seen, state, at);
  const Tensor y = head_(seen);
  return config_.residual ? add(y, x) : y;
}

// A stream without steps in this call keeps what it had.
Tensor SeriesModel::last(const Tensor& x, State& state, const Boundaries& at) const {
  const Tensor start = start_states(state["last"], {}, at, x.size(0), x.size(1));
  return state["last"] = last_states(x, start, at);
}

// The sum of the steps is a recurrence too: s[t] = 1 * s[t-1] + x[t].
Tensor SeriesModel::mean(const Tensor& x, State& state, const Boundaries& at) const {
  const Tensor start = start_states(state["sum"], {}, at, x.size(0), x.size(1));
  const Tensor sums = boundary_scan(Tensor::full(x.shape(), 1), x, start, at);
  const Tensor sum = state["sum"] = last_states(sums, start, at);
  Tensor share(sum.shape());
  for (int64_t row = 0; row < share.size(0); ++row)
    std::fill_n(share.mutable_data() + row * share.size(1), share.size(1),
                1 / static_cast<real>(std::max<int64_t>(state.position(row), 1)));
  return multiply(sum, share);
}

}  // namespace scangrad::SCANGRAD_PRECISION
