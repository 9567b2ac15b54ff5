#include "series_model.h"

#include "../core/check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

SeriesModel::SeriesModel(const Params& params, const SeriesModelConfig& config)
    : input_(params / "input", config.inputs, config.stack.options.dim),
      stack_(params, config.stack),
      head_(params / "head", config.stack.options.dim, config.outputs) {}

Tensor SeriesModel::operator()(const Tensor& x, State& state, const Boundaries& at, Rng* training) const {
  check(x.shape().rank() == 3 && x.numel() > 0,
        "series_model: x has shape {}, but (B, T, inputs) with at least one row and step is needed", x.shape());
  const int64_t streams = at.streams(x.size(0));
  check(state.rows() == streams, "series_model: state has {} rows, but the batch has {} streams", state.rows(),
        streams);
  return head_(stack_(input_(x), state, at, training));
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
