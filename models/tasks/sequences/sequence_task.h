// Trains a network to predict the label of a sequence, or of each of its steps.
//
// Classes: the mean cross-entropy, in nats, and accuracy; the best validation is the one with the highest accuracy.
// Real labels: the mean squared error in standardised units; the best is the lowest.
// Step s draws its sequences from the training part, as a pure function of seed and step.
//
// The network is compared with what needs no inputs: the most frequent class of the training part, or the mean of its
// labels.
//
// Errors: a batch that does not divide into accumulate, no sequence to validate on.
#pragma once

#include "../../data/sequence_data.h"
#include "../../networks/series_model.h"
#include "../../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SequenceEvaluation {
  Evaluation network;          // loss, and accuracy of classes
  double guess_accuracy = 0;   // of always predicting the most frequent class
  ColumnErrors errors, guess;  // of real labels: of the network, and of always predicting the mean
  int64_t sequences = 0;
};

SCANGRAD_API SequenceEvaluation evaluate_sequences(const SeriesModel& model, const SequenceData& data,
                                                   const std::vector<int64_t>& part, int64_t batch);

// `model` and `data` must outlive the task.
SCANGRAD_API Task sequence_task(const SeriesModel& model, const SequenceData& data, uint64_t seed, int64_t batch,
                                int64_t accumulate);

}  // namespace scangrad::SCANGRAD_PRECISION
