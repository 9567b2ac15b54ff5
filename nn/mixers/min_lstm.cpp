#include "min_lstm.h"

#include "../../ops/activations.h"
#include "../../ops/arithmetic.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/log_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// softplus(-k) = -log sigmoid(k)
Tensor minus_log_sigmoid(const Tensor& k) {
  return softplus(scale(k, -1));
}

}  // namespace

const Choices<Gates>& choices(Gates) {
  static const Choices<Gates> list{{"plain", Gates::kPlain}, {"normalised", Gates::kNormalised}};
  return list;
}

OptionList MinLstm::options() {
  return together({candidate_options(),
                   {{"gates", Gates::kPlain, "forget and input gate as they stand, or normalised to sum to 1"},
                    {"forget_bias", 3.0, "added to the forget gate's bias at the start"}},
                   layer_options()});
}

MinLstm::MinLstm(const Params& params, const MixerConfig& config)
    : DiagonalLayer(params, "min_lstm", /*parts=*/3, config, options()), gates_(options_.get<Gates>("gates")) {
  if (!to_hidden_and_gate_.bias().defined()) return;
  real* const forget = to_hidden_and_gate_.bias().mutable_data() + inner_;
  for (int64_t i = 0; i < inner_; ++i) forget[i] += static_cast<real>(options_.get<double>("forget_bias"));
}

Tensor MinLstm::fused(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  return min_lstm_scan(projection, start, gates_, candidate_, at);
}

// The same by plain ops: this is minLSTM.
Tensor MinLstm::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor v = part(projection, 0), kf = part(projection, 1), ki = part(projection, 2);
  if (space_ == Space::kLinear) {
    Tensor f = sigmoid(kf), i = sigmoid(ki);
    if (gates_ == Gates::kNormalised) {
      const Tensor n = subtract(minus_log_sigmoid(kf), minus_log_sigmoid(ki));  // log(i / f)
      f = sigmoid(scale(n, -1));
      i = sigmoid(n);
    }
    return boundary_scan(f, multiply(i, through_candidate(v)), start, at);
  }
  Tensor minus_log_f = minus_log_sigmoid(kf), minus_log_i = minus_log_sigmoid(ki);
  if (gates_ == Gates::kNormalised) {
    const Tensor n = subtract(minus_log_f, minus_log_i);
    minus_log_f = softplus(n);
    minus_log_i = minus_log_sigmoid(n);
  }
  return exp(log_scan(scale(minus_log_f, -1), subtract(log_g(v), minus_log_i), start, LogForm::kSequential, at));
}

}  // namespace scangrad::SCANGRAD_PRECISION
