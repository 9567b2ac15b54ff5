// The weights that validated best, kept while training continues.
//
//   BestWeights best(params, "runs/a/model.safetensors");
//   best.judge(loop, {.loss = 0.3, .accuracy = 0.9}, /*by_loss=*/false);   // keeps the weights if they are the best
//   ...
//   best.restore();                                                       // params holds the best weights again
//
// A LoopState says which step is the best and how it validated. The weights are in a file, and its metadata "step"
// names their step; without a file they are in memory. The file may have been deleted or damaged, or written by a run
// that was killed and then repeated those steps: forget_lost() notices, and the next finite validation is the best. A
// file that names no step is trusted.
//
// Errors: those of save_params() and load_params().
#pragma once

#include <string>
#include <vector>

#include "../../nn/params.h"
#include "checkpoint.h"
#include "task.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API BestWeights {
 public:
  // `file` empty: in memory.
  BestWeights(const Params& params, const std::string& file);

  // Keeps the weights, and sets loop's best to its step and `now`, if no validation was better so far: a lower loss
  // (by_loss) or a higher accuracy; the other number decides between equals. A loss that is not finite is never the
  // best. Says whether they are the best.
  bool judge(LoopState& loop, const Evaluation& now, bool by_loss);
  // Sets loop's best step to 0 if its weights are not there.
  void forget_lost(LoopState& loop) const;

  void keep(int64_t step);
  // Whether the weights of this step are there; true for step 0, which stands for none.
  bool are_of(int64_t step) const;
  void restore() const;

 private:
  Params params_;
  std::string file_;
  int64_t step_ = 0;
  std::vector<Tensor> kept_;  // if there is no file
};

}  // namespace scangrad::SCANGRAD_PRECISION
