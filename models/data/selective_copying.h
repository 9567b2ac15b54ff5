// The selective-copying task: remember a few tokens scattered among noise, then repeat them in order.
//
// An example of length L with M data tokens over a vocabulary V is L + M input ids:
//
//   positions 0 ... L-1     noise id V-1; at M distinct random positions a data id, uniform in 1 ... V-2
//   positions L ... L+M-1   marker id 0
//
// and M targets: the data ids in order, which the network must output at the markers.
//
// Example i is a pure function of (seed, i), so any batch can be regenerated. Training goes through i = 0, 1, 2, ...;
// validation and test use the first examples of other seeds.
//
// Errors: M below 1, L below M, V below 3, L or V of 2^31 or more.
// Source: Gu and Dao, "Mamba", 2023, section 4.1.1; the generator of the minRNN paper's released code.
#pragma once

#include "../../core/ids.h"

namespace scangrad::SCANGRAD_PRECISION {

// The defaults are those of the paper.
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
  // Examples first ... first + count - 1 of a seed.
  CopyBatch examples(uint64_t seed, int64_t first, int64_t count) const;
  const SelectiveCopyingConfig& config() const { return config_; }

 private:
  SelectiveCopyingConfig config_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
