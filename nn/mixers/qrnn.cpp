#include "qrnn.h"

#include "../../core/check.h"
#include "../../ops/activations.h"
#include "../../ops/arithmetic.h"
#include "../../ops/convolution/causal_conv.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/qrnn_scan.h"
#include "../../ops/indexing/concat.h"
#include "../../ops/indexing/slice.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

int64_t checked_window(const MixerConfig& config) {
  const auto window = complete("qrnn", Qrnn::options(), config.options).get<int64_t>("window");
  check(window >= 1, "qrnn: window is {}, but at least 1 is needed", window);
  return window;
}

}  // namespace

OptionList Qrnn::options() {
  return {{"window", 2, "steps that the gates look at, this one included", kFixed},
          {"bias", true, "biases in the projections", kFixed},
          {"to_out", true, "a projection back to dim; without it expansion must be 1", kFixed}};
}

Qrnn::Qrnn(const Params& params, const MixerConfig& config)
    : DiagonalLayer(params, "qrnn", /*parts=*/3, config, options(), checked_window(config)) {
  const int64_t window = options_.get<int64_t>("window"), D = config.dim;
  for (int64_t back = 1; back < window; ++back) {
    shifts_.push_back(Tensor::zeros({window, D}));
    std::fill_n(shifts_.back().mutable_data() + (window - 1 - back) * D, D, real(1));
  }
}

Tensor Qrnn::project(const Tensor& x, State& state, const Boundaries& at) const {
  if (shifts_.empty()) return to_hidden_and_gate_(x);
  Tensor& tail = state["tail"];
  std::vector<Tensor> steps{x};
  for (const Tensor& shift : shifts_) steps.push_back(causal_conv(x, shift, {}, tail, at));
  tail = conv_tail(x, tail, std::ssize(shifts_) + 1, at);
  return to_hidden_and_gate_(concatenate(steps, -1));
}

Tensor Qrnn::fused(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  return qrnn_scan(slice(projection, 2, 0, 2 * inner_), start, at);
}

// The same by plain ops: this is a QRNN.
Tensor Qrnn::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor z = tanh(part(projection, 0)), k = part(projection, 1);
  return boundary_scan(sigmoid(k), multiply(sigmoid(scale(k, -1)), z), start, at);
}

Tensor Qrnn::result(const Tensor& c, const Tensor& projection) const {
  return to_out_(multiply(sigmoid(part(projection, 2)), c));
}

}  // namespace scangrad::SCANGRAD_PRECISION
