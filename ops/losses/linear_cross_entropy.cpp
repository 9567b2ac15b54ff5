#include "linear_cross_entropy.h"

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/loops.h"
#include "../affine.h"
#include "accuracy.h"
#include "cross_entropy.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Rows begin ... begin + count - 1 of a tensor (N, D), in place. Does not count as a write: inputs are only read.
Tensor rows_of(const Tensor& tensor, int64_t begin, int64_t count) {
  const int64_t D = tensor.size(1);
  return Tensor::over(const_cast<real*>(tensor.data()) + begin * D, {count, D}, std::make_shared<const Tensor>(tensor));
}

Ids targets_of(const Ids& ids, int64_t begin, int64_t count) {
  Ids part({count});
  std::copy_n(ids.data() + begin, count, part.data());
  return part;
}

int64_t counted(const Ids& ids) {
  return std::count_if(ids.data(), ids.data() + ids.numel(), [](int32_t id) { return id >= 0; });
}

// Gives a gradient that was computed for dL = 1.
void give_scaled(Sinks& into, int input, const Tensor& gradient, real factor) {
  accumulate(into[input], gradient.numel(), [=, from = gradient.data()](int64_t i) { return factor * from[i]; });
}

}  // namespace

LossAndAccuracy linear_cross_entropy(const Tensor& x, const Tensor& weight, const Ids& targets,
                                     const TargetOptions& options, int64_t block_logits) {
  check(weight.shape().rank() == 2, "linear_cross_entropy: weight has shape {}, but (V, D) is needed", weight.shape());
  const int64_t V = weight.size(0), D = weight.size(1);
  check(x.shape().rank() >= 1 && x.size(-1) == D, "linear_cross_entropy: x has shape {}, but (..., {}) is needed",
        x.shape(), D);
  const CountedTargets all = counted_targets("linear_cross_entropy", x.shape().with(-1, V), targets, options);
  const int64_t N = all.ids.numel(), rows = std::clamp<int64_t>(block_logits / V, 1, N);

  const bool wants_dx = recording() && x.requires_grad(), wants_dweight = recording() && weight.requires_grad();
  const Tensor inputs = x.detach().reshape({N, D});
  Tensor dx, dweight;
  if (wants_dx) dx = Tensor::zeros({N, D});
  if (wants_dweight) dweight = Tensor::zeros({V, D});
  double loss = 0, right = 0;
  for (int64_t begin = 0; begin < N; begin += rows) {
    const int64_t count = std::min(rows, N - begin);
    const Ids ids = targets_of(all.ids, begin, count);
    const int64_t positions = counted(ids);
    if (positions == 0) continue;
    Tensor part = rows_of(inputs, begin, count), w = weight.detach();
    part.set_requires_grad(wants_dx);
    w.set_requires_grad(wants_dweight);
    if (wants_dx) place_grad(part, rows_of(dx, begin, count));
    const Tensor logits = affine(part, w);
    const Tensor mean = cross_entropy(logits, ids);
    const double share = static_cast<double>(positions) / static_cast<double>(all.count);
    loss += share * static_cast<double>(mean.item());
    right += accuracy(logits, ids) * static_cast<double>(positions);
    if (!mean.requires_grad()) continue;
    backward({mean}, {Tensor::full(Shape{}, static_cast<real>(share))});
    if (wants_dweight)
      elementwise(V * D, [to = dweight.mutable_data(), from = w.grad().data()](int64_t i) { to[i] += from[i]; });
  }
  const Tensor result = record("linear_cross_entropy", Tensor::full(Shape{}, static_cast<real>(loss)), {x, weight},
                               [dx, dweight](const Tensor& dloss, Sinks& into) {
                                 if (dx.defined()) give_scaled(into, 0, dx, dloss.item());
                                 if (dweight.defined()) give_scaled(into, 1, dweight, dloss.item());
                               });
  return {result, right / static_cast<double>(all.count)};
}

}  // namespace scangrad::SCANGRAD_PRECISION
