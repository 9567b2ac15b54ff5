// The selective-copying task: remember a few tokens scattered through noise, then recite them in order.
//
// An example of length L with M data tokens over a vocabulary V is L + M input ids:
//
//   positions 0 ... L-1     noise id V-1, but at M distinct random places, in order, a data id uniform in 1 ... V-2
//   positions L ... L+M-1   marker id 0
//
// and M targets, the data ids in order, to be said at the markers.
//
// Example i under a seed is a pure function of (seed, i): training walks through i, validation and test sets are the
// first examples under seeds of their own, and any batch can be made again.
//
// Errors: M below 1, L shorter than M, V below 3, L or V from 2^31 on.
// Source: Gu and Dao, "Mamba", 2023, section 4.1.1; the generator of the minRNN paper's released code.
#pragma once

#include "../../core/ids.h"

namespace scangrad::SCANGRAD_PRECISION {

// Defaults: the paper's.
struct SelectiveCopyingConfig {
  int64_t length = 4096;  // L
  int64_t tokens = 16;    // M
  int64_t vocab = 16;     // V
};

struct CopyBatch {
  Ids inputs;   // (B, L + M)
  Ids targets;  // (B, M)
};

class SCANGRAD_API SelectiveCopying {
 public:
  explicit SelectiveCopying(const SelectiveCopyingConfig& config);
  // Examples first ... first + count - 1 under a seed.
  CopyBatch examples(uint64_t seed, int64_t first, int64_t count) const;
  const SelectiveCopyingConfig& config() const { return config_; }

 private:
  SelectiveCopyingConfig config_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
