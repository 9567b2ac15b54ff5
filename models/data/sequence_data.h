// Sequences of real numbers, each with one label or with one for each step: for classification or regression.
//
//   const SequenceData data = SequenceData::open({.inputs = "x.npy", .labels = "y.npy", .head = Head::kLast});
//   const SequenceBatch batch = data.batch({3, 0, 7});
//
//   inputs     .npy (N, T, F) or (N, T)
//   labels     .npy of integers: classes 0 ... classes - 1; of real numbers: values for regression
//              (N), or (N, K) if real; for a head at every step also (N, T), or (N, T, K) if real
//   lengths    .npy (N): steps of each sequence, the rest is padding; without it all have T steps
//
// With a head at every step, the label of a whole sequence counts at each of its steps. The sequences for validation
// and test are chosen at random, always the same ones for the same N: files are often sorted by class. Inputs and real
// labels are standardised with mean and deviation of the training sequences (scaling.h), without padding.
//
// Errors: those of the readers; shapes that disagree; lengths outside 1 ... T; integer labels that are not classes;
// numbers that are not finite; nothing to train on; inputs or labels that do not fit the network.
#pragma once

#include "../../core/ids.h"
#include "../../ops/boundaries.h"
#include "../networks/series_model.h"
#include "npy_file.h"
#include "scaling.h"
#include "series_data.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SequenceFiles {
  std::string inputs, labels, lengths;
  Head head = Head::kLast;
};

struct SequenceBatch {
  Tensor inputs;   // (B, T, F), zero at padding
  Boundaries at;   // the lengths
  Ids classes;     // (B), or (B, T) with -1 at padding
  Tensor targets;  // of real labels: (B, K) or (B, T, K)
  Ids counted;     // (B, T), 0 at padding; undefined unless the head is at every step
};

class SCANGRAD_API SequenceData {
 public:
  static SequenceData open(const SequenceFiles& files, const SeriesShares& shares,
                           const SeriesScaling* known = nullptr);

  int64_t steps() const { return steps_; }
  int64_t width() const { return width_; }
  int64_t outputs() const { return is_classes() ? scaling_.classes : scaling_.labels.width(); }
  bool is_classes() const { return scaling_.classes > 0; }
  const SeriesScaling& scaling() const { return scaling_; }
  // The indices of the sequences of each part.
  const std::vector<int64_t>& training() const { return training_; }
  const std::vector<int64_t>& validation() const { return validation_; }
  const std::vector<int64_t>& test() const { return test_; }
  const std::vector<int64_t>& all() const { return all_; }
  SequenceBatch batch(const std::vector<int64_t>& which) const;
  // Of all steps without padding, and of the labels file: core/files/fingerprint.h.
  uint64_t fingerprint() const { return fingerprint_; }
  // The labels of a sequence without padding, in their own units: one, or one for each step, of K numbers.
  std::vector<double> labels(int64_t sequence) const;

 private:
  SequenceData(const SequenceFiles& files, NpyFile inputs, NpyFile labels);
  void check_labels() const;
  void check_numbers();
  void read_lengths();
  void divide(const SeriesShares& shares);
  SeriesScaling scaling_of_training() const;
  int64_t count_classes() const;
  // The steps of a sequence without padding.
  std::vector<double> steps_of(int64_t sequence) const;
  int64_t places_of(int64_t sequence) const;  // number of its labels
  void read_labels(int64_t sequence, double* numbers) const;

  SequenceFiles files_;
  NpyFile inputs_, labels_;
  int64_t count_, steps_, width_;
  bool labels_steps_ = false;  // every step has its own label
  int64_t label_width_ = 1;    // numbers in a label
  uint64_t fingerprint_ = 0;
  std::vector<int64_t> lengths_, training_, validation_, test_, all_;
  SeriesScaling scaling_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
