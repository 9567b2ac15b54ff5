// The weights that validated best, kept while training goes on to others.
//
//   BestWeights best(params, "runs/a/model.safetensors");
//   best.keep(/*step=*/300);                      // those of now
//   ...
//   if (best.are_of(300)) best.restore();         // params holds them again
//
// A file has the step as its metadata "step". It may go astray: somebody takes it away or cuts it, or a kill leaves
// weights of steps that are then done anew and may turn out otherwise. are_of() says no then; one that names no step is
// believed. Without a file they are kept in memory.
//
// Errors: those of save_params() and load_params().
#pragma once

#include <string>
#include <vector>

#include "../../nn/params.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API BestWeights {
 public:
  // `file` empty: in memory.
  BestWeights(const Params& params, const std::string& file);
  void keep(int64_t step);
  // Whether what is kept is there and that of this step; 0: nothing has to be kept.
  bool are_of(int64_t step) const;
  void restore() const;

 private:
  Params params_;
  std::string file_;
  int64_t step_ = 0;
  std::vector<Tensor> kept_;  // where no file keeps them
};

}  // namespace scangrad::SCANGRAD_PRECISION
