#include "embedding.h"

#include "../core/check.h"
#include "../ops/indexing/lookup.h"

namespace scangrad::SCANGRAD_PRECISION {

Embedding::Embedding(const Params& params, int64_t vocab, int64_t dim, real stddev) {
  check(vocab >= 1 && dim >= 1, "embedding: vocabulary of {} and {} channels, but at least 1 of each is needed", vocab,
        dim);
  weight_ = params.tensor("weight", {vocab, dim}, normal_init(stddev), {.role = Role::kEmbedding});
}

Tensor Embedding::operator()(const Ids& ids) const {
  return lookup(weight_, ids);
}

}  // namespace scangrad::SCANGRAD_PRECISION
