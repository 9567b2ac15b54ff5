#include "sequence_task.h"

#include <algorithm>
#include <map>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/fingerprint.h"
#include "../../../ops/losses/accuracy.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../../ops/losses/mean_squared_error.h"
#include "../../training/batch_parts.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

Tensor loss_of(const SequenceBatch& batch, const Tensor& y) {
  return batch.classes.defined() ? cross_entropy(y, batch.classes)
                                 : mean_squared_error(y, batch.targets, batch.counted);
}

double most_frequent_class(const SequenceData& data) {
  std::map<double, int64_t> counts;
  for (const int64_t sequence : data.training())
    for (const double label : data.labels(sequence)) ++counts[label];
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  return std::max_element(counts.begin(), counts.end(), fewer)->first;
}

// The predicted labels that count, in their units: as many as data.labels() of the sequences of the batch.
std::vector<double> said(const SequenceData& data, const SequenceBatch& batch, const Tensor& y) {
  const int64_t K = y.size(-1);
  std::vector<double> numbers;
  for (int64_t place = 0; place < y.numel() / K; ++place) {
    if (batch.counted.defined() && batch.counted[place] == 0) continue;
    for (int64_t k = 0; k < K; ++k)
      numbers.push_back(data.scaling().labels.to_units(static_cast<double>(y.data()[place * K + k]), k));
  }
  return numbers;
}

}  // namespace

SequenceEvaluation evaluate_sequences(const SeriesModel& model, const SequenceData& data,
                                      const std::vector<int64_t>& part, int64_t batch) {
  check(!part.empty() && batch >= 1, "sequences: {} of them in batches of {}, but at least 1 of each is needed",
        part.size(), batch);
  const NoGrad no_grad;
  const int64_t K = data.outputs();
  SequenceEvaluation result;
  result.sequences = static_cast<int64_t>(part.size());
  const double frequent = data.is_classes() ? most_frequent_class(data) : 0;
  if (!data.is_classes()) result.errors = result.guess = ColumnErrors(K);
  double counted = 0;
  for (size_t first = 0; first < part.size(); first += static_cast<size_t>(batch)) {
    const size_t end = std::min(part.size(), first + static_cast<size_t>(batch));
    const std::vector<int64_t> which(part.begin() + static_cast<std::ptrdiff_t>(first),
                                     part.begin() + static_cast<std::ptrdiff_t>(end));
    const SequenceBatch sequences = data.batch(which);
    State state = model.start(static_cast<int64_t>(which.size()));
    const Tensor y = model(sequences.inputs, state, sequences.at);
    std::vector<double> truth;
    for (const int64_t sequence : which)
      for (const double label : data.labels(sequence)) truth.push_back(label);
    const double labels = static_cast<double>(truth.size()) / (data.is_classes() ? 1 : static_cast<double>(K));
    counted += labels;
    result.network.loss += labels * static_cast<double>(loss_of(sequences, y).item());
    if (data.is_classes()) {
      result.network.accuracy += labels * accuracy(y, sequences.classes);
      result.guess_accuracy += static_cast<double>(std::count(truth.begin(), truth.end(), frequent));
      continue;
    }
    const std::vector<double> numbers = said(data, sequences, y);
    for (size_t i = 0; i < truth.size(); ++i) {
      const int64_t k = static_cast<int64_t>(i) % K;
      result.errors.add(k, numbers[i] - truth[i]);
      result.guess.add(k, data.scaling().labels.mean[static_cast<size_t>(k)] - truth[i]);
    }
  }
  for (double* const sum : {&result.network.loss, &result.network.accuracy, &result.guess_accuracy}) *sum /= counted;
  for (ColumnErrors* const errors : {&result.errors, &result.guess}) errors->divide(counted);
  return result;
}

Task sequence_task(const SeriesModel& model, const SequenceData& data, uint64_t seed, int64_t batch,
                   int64_t accumulate) {
  const BatchParts parts("sequences", batch, accumulate);
  check(!data.validation().empty(), "sequences: none of {} is for validation, but at least one is needed",
        data.all().size());
  const int64_t rows = parts.rows;
  Task task;
  task.by_loss = !data.is_classes();
  task.data_fingerprint = data.fingerprint();
  task.validation_fingerprint = fingerprint_of(std::ssize(data.validation()), std::ssize(data.training()));
  task.has_accuracy = data.is_classes();
  task.tokens_per_step = static_cast<double>(batch * data.steps());
  task.unit = "time steps";
  task.loss = [&model, &data, seed, parts, rows](int64_t step, int64_t part, Rng& rng) {
    Rng draw(seed, static_cast<uint64_t>(parts.number(step, part)));
    std::vector<int64_t> which;
    for (int64_t row = 0; row < rows; ++row)
      which.push_back(data.training()[static_cast<size_t>(draw.below(std::ssize(data.training())))]);
    const SequenceBatch sequences = data.batch(which);
    State state = model.start(rows);
    const Tensor y = model(sequences.inputs, state, sequences.at, &rng);
    return TaskLoss{loss_of(sequences, y), data.is_classes() ? accuracy(y, sequences.classes) : 0};
  };
  task.validate = [&model, &data, rows] { return evaluate_sequences(model, data, data.validation(), rows).network; };
  return task;
}

}  // namespace scangrad::SCANGRAD_PRECISION
