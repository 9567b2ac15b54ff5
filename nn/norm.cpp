#include "norm.h"

#include "../core/check.h"
#include "../core/saved.h"
#include "../ops/norms/batch_norm.h"
#include "../ops/norms/layer_norm.h"
#include "../ops/norms/rms_norm.h"
#include "recompute.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr real kKept = real(0.1);  // of the running statistics, at each batch

// running = kKept * running + (1 - kKept) * factor * now
void follow(Tensor& running, const Tensor& now, real factor) {
  real* const to = running.mutable_data();
  const real* const from = now.data();
  for (int64_t d = 0; d < running.numel(); ++d) to[d] = kKept * to[d] + (1 - kKept) * factor * from[d];
}

}  // namespace

const Choices<NormKind>& choices(NormKind) {
  static const Choices<NormKind> list{{"rms", NormKind::kRms},
                                      {"torch-rms", NormKind::kTorchRms},
                                      {"layer", NormKind::kLayer},
                                      {"batch", NormKind::kBatch}};
  return list;
}

Norm::Norm(const Params& params, int64_t dim, NormKind kind) : kind_(kind) {
  check(dim >= 1, "norm: dim is {}, but at least 1 is needed", dim);
  const bool gamma = kind == NormKind::kRms;
  weight_ = params.tensor(gamma ? "gamma" : "weight", {dim}, constant_init(gamma ? 0 : 1), {.role = Role::kNorm});
  if (kind == NormKind::kLayer || kind == NormKind::kBatch)
    bias_ = params.tensor("bias", {dim}, constant_init(0), {.role = Role::kNorm});
  if (kind == NormKind::kBatch) {
    mean_ = params.buffer("running_mean", {dim}, 0);
    variance_ = params.buffer("running_var", {dim}, 1);
    batches_ = params.buffer("batches", {1}, 0);
  }
}

Tensor Norm::operator()(const Tensor& x, bool training) const {
  if (kind_ == NormKind::kBatch) return by_batch(x, training);
  const auto f = [kind = kind_](const std::vector<Tensor>& in) {
    if (kind == NormKind::kLayer) return layer_norm(in[0], in[1], in[2]);
    return kind == NormKind::kRms ? rms_norm(in[0], in[1], {.eps = 0, .offset = 1})
                                  : rms_norm(in[0], in[1], {.eps = real(0x1p-23)});
  };
  return rematerialized(f, {x, weight_, bias_});
}

Tensor Norm::by_batch(const Tensor& x, bool training) const {
  const ChannelStatistics statistics = training ? channel_statistics(x) : ChannelStatistics{mean_, variance_};
  const auto f = [statistics](const std::vector<Tensor>& in) { return batch_norm(in[0], in[1], in[2], statistics); };
  const Tensor y = rematerialized(f, {x, weight_, bias_});
  if (training && !recomputing()) {
    const auto rows = static_cast<real>(x.shape().before(-1));
    follow(mean_, statistics.mean, 1);
    follow(variance_, statistics.variance, rows / (rows - 1));
    *batches_.mutable_data() += 1;
  }
  return y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
