// AdamW: Adam with decoupled weight decay, and clipping by the global norm of the gradient.
//
//   norm = sqrt(sum of g^2 over all parameters)
//   g    = g * min(1, clip / (norm + 1e-6))                      where clip > 0
//   m    = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
//   w    = w - lr weight_decay w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
//
// t counts the steps from 1; lr is the optimizer's rate times the parameter's lr_scale; weight_decay is 0 for
// parameters that do not decay. This is PyTorch's AdamW after clip_grad_norm_, with the same defaults. The update reads
// and writes each number of the arenas (params.h) once. Memory: the two moments m and v.
//
//   for (...) {
//     for (const Batch& part : parts) scale(loss(part), real(1) / parts.size()).backward();
//     adam.set_lr(schedule(adam.steps()));
//     adam.step();
//   }
//
// Several backward() before one step() add their gradients; for their mean, divide the losses as above.
// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", arXiv 1711.05101.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../params.h"

namespace scangrad::SCANGRAD_PRECISION {

// Which parameters decay. Under both policies, a parameter created with .decay = false does not.
enum class DecayPolicy {
  kStandard,  // weights and embeddings; not biases, norms, gates and states
  kPaper,     // all except gates, as in the released code of the minGRU paper
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
  DecayPolicy policy = DecayPolicy::kStandard;
  double clip = 0;  // largest norm; 0: no clipping
};

class SCANGRAD_API AdamW {
 public:
  // Errors: an option out of its range.
  AdamW(const Params& params, const AdamWOptions& options);

  // Updates the values, clears the gradients and counts the step. Returns the norm of the gradient before clipping.
  // `accepts` is asked first, with that norm, which may be NaN, or infinite if it or its square overflows. If it
  // returns false, only the gradients are cleared. Errors, which change nothing: a gradient that is not finite, or a
  // norm that has no finite square; parameters that were added after the first step.
  double step(const std::function<bool(double norm)>& accepts = nullptr);

  double lr() const { return options_.lr; }
  void set_lr(double lr);                          // for the following steps
  double grad_norm() const { return grad_norm_; }  // of the last step
  int64_t steps() const { return steps_; }

  // For checkpoints: the moments of every parameter as "m.<name>" and "v.<name>". The tensors share the optimizer's own
  // memory. To restore a checkpoint, call copy_from() on each of them, and set_steps().
  std::vector<std::pair<std::string, Tensor>> moments();
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  // A range of the arenas with the same learning rate and decay.
  struct Piece {
    int64_t begin, count;
    double lr_scale;
    bool decay;
  };
  void lay_out();
  double norm_of(const real* gradients) const;

  Params params_;
  AdamWOptions options_;
  std::vector<Piece> pieces_;
  Tensor m_, v_;
  size_t known_ = 0;  // number of parameters that have moments
  int64_t steps_ = 0;
  double grad_norm_ = 0;
};

}  // namespace scangrad::SCANGRAD_PRECISION
