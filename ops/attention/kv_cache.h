// What attention keeps between calls: the keys and values of the last sequence of each stream.
//
//   keys_and_values    (streams, P, 2D), keys first; stream s holds lengths[s] steps in its first rows, zeros or old
//                      steps after them
//
// extended gives the cache after a batch: where a sequence continues its stream, the steps of the batch are added;
// where a new sequence began, the cache holds its steps only; padding adds nothing.
//
// P is the number of steps at first. Where they do not fit any more, it grows by half, or to what is needed if this is
// more. Without a graph, and if the argument is the only handle on the old cache, steps that fit are written into its
// memory, and nothing is copied: call extended(std::move(cache), ...). With a graph the new cache is a copy:
//
//   backward    each number of qkv and of the old cache gets the gradient of its copy in the new cache
//
//
// Shapes: qkv (B, T, 3D), whose last 2D channels are the keys and values of a step. Keeps nothing but sizes.
// Errors: shapes that disagree, lengths outside 0 ... P, boundaries that do not fit or run in reverse.
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct KvCache {
  Tensor keys_and_values;  // undefined: empty
  std::vector<int64_t> lengths;

  int64_t capacity() const { return keys_and_values.defined() ? keys_and_values.size(1) : 0; }  // P
  int64_t longest() const { return lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end()); }
  // The number of steps before a span that it can read.
  int64_t steps_before(const Span& span) const {
    return span.carried >= 0 && keys_and_values.defined() ? lengths[static_cast<size_t>(span.carried)] : 0;
  }
};

SCANGRAD_API KvCache extended(KvCache cache, const Tensor& qkv, const Boundaries& at = {});

// Throws an error, in the name of `op`, if a cache does not fit the streams and channels of a batch.
SCANGRAD_API void check_cache(const char* op, const KvCache& cache, int64_t streams, int64_t D);

}  // namespace scangrad::SCANGRAD_PRECISION
