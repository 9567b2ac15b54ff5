// A vector for each id of a vocabulary.
//
//   y[...] = weight[ids[...]]
//
// Shapes: ids (...) -> (..., dim). Parameter: weight (vocab, dim) from N(0, stddev); 1 is PyTorch's default.
// Errors: sizes below 1, ids outside the vocabulary.
#pragma once

#include "../core/ids.h"
#include "params.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Embedding {
 public:
  Embedding(const Params& params, int64_t vocab, int64_t dim, real stddev = 1);
  Tensor operator()(const Ids& ids) const;
  const Tensor& weight() const { return weight_; }

 private:
  Tensor weight_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
