#include "sequence_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../../core/check.h"
#include "../../core/files/fingerprint.h"
#include "../../core/files/text.h"
#include "../../core/memory.h"
#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kMostClasses = 1'000'000;  // more mean that the file holds something else

void check_finite(const std::vector<double>& numbers, const std::string& path, int64_t sequence) {
  for (const double number : numbers)
    check(std::isfinite(number), "sequences: {} holds {} in sequence {}, but every value is needed", path,
          number_text(number), sequence);
}

}  // namespace

SequenceData SequenceData::open(const SequenceFiles& files, const SeriesShares& shares, const SeriesScaling* known) {
  SequenceData data(files, NpyFile(files.inputs), NpyFile(files.labels));
  data.check_labels();
  data.read_lengths();
  data.divide(shares);
  data.check_numbers();
  if (known == nullptr) {
    data.scaling_ = data.scaling_of_training();
    return data;
  }
  check(known->inputs.width() == data.width_, "sequences: {} has {} numbers a step, but the network was trained on {}",
        files.inputs, data.width_, known->inputs.width());
  check((known->classes > 0) == data.labels_.is_whole(), "sequences: {} holds {}, but the network was trained on {}",
        files.labels, data.labels_.is_whole() ? "classes" : "real labels",
        known->classes > 0 ? "classes" : "real labels");
  const int64_t outputs = data.labels_.is_whole() ? data.count_classes() : data.label_width_,
                trained = known->classes > 0 ? known->classes : known->labels.width();
  check(known->classes > 0 ? outputs <= trained : outputs == trained,
        "sequences: {} has {} classes or numbers a label, but the network has {}", files.labels, outputs, trained);
  data.scaling_ = *known;
  return data;
}

SequenceData::SequenceData(const SequenceFiles& files, NpyFile inputs, NpyFile labels)
    : files_(files), inputs_(std::move(inputs)), labels_(std::move(labels)) {
  const Shape& shape = inputs_.shape();
  check((shape.rank() == 2 || shape.rank() == 3) && shape.numel() > 0,
        "sequences: {} has shape {}, but (N, T, F) or (N, T) with at least one step is needed", files.inputs, shape);
  count_ = shape[0];
  steps_ = shape[1];
  width_ = shape.rank() == 3 ? shape[2] : 1;
  all_.resize(static_cast<size_t>(count_));
  std::iota(all_.begin(), all_.end(), 0);

  const Shape& of_labels = labels_.shape();
  const bool at_steps = files.head == Head::kStep;
  const int most = 1 + at_steps + !labels_.is_whole();
  const int rank = of_labels.rank();
  labels_steps_ = at_steps && rank >= 2;
  const bool fits = rank >= 1 && rank <= most && of_labels.numel() > 0 && of_labels[0] == count_ &&
                    (!labels_steps_ || of_labels[1] == steps_);
  check(fits, "sequences: {} has shape {}, but {} of {} sequences of {} steps are needed", files.labels, of_labels,
        at_steps ? "labels, or one for each step," : "labels", count_, steps_);
  if (rank > 1 + labels_steps_) label_width_ = of_labels[-1];
}

// Integer labels must be classes.
void SequenceData::check_labels() const {
  if (!labels_.is_whole()) return;
  const std::vector<double> numbers = labels_.numbers();
  for (size_t i = 0; i < numbers.size(); ++i)
    check(numbers[i] >= 0 && numbers[i] < static_cast<double>(kMostClasses),
          "sequences: {} holds {} at element {}, but classes are 0 to {}", files_.labels, numbers[i], i,
          kMostClasses - 1);
}

void SequenceData::read_lengths() {
  lengths_.assign(static_cast<size_t>(count_), steps_);
  if (files_.lengths.empty()) return;
  const NpyFile file(files_.lengths);
  check(file.is_whole() && file.shape() == Shape{count_},
        "sequences: {} has shape {}, but {} whole numbers, the lengths, are needed", files_.lengths, file.shape(),
        count_);
  const std::vector<double> numbers = file.numbers();
  for (size_t i = 0; i < numbers.size(); ++i) {
    check(numbers[i] >= 1 && numbers[i] <= static_cast<double>(steps_),
          "sequences: {} holds {} at element {}, but a length is 1 to {}", files_.lengths, numbers[i], i, steps_);
    lengths_[i] = static_cast<int64_t>(numbers[i]);
  }
}

void SequenceData::divide(const SeriesShares& shares) {
  std::vector<int64_t> order = all_;
  Rng rng(/*seed=*/0);
  for (int64_t i = count_ - 1; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(rng.below(i + 1))]);
  const auto take = [&](std::vector<int64_t>& part, double share) {
    check(share >= 0 && share < 1, "sequences: a share is {}, but 0 to below 1 is needed", share);
    const auto count = std::min(order.size(), static_cast<size_t>(share * static_cast<double>(count_)));
    part.assign(order.end() - static_cast<std::ptrdiff_t>(count), order.end());
    order.resize(order.size() - count);
  };
  take(validation_, shares.validation);
  take(test_, shares.test);
  training_ = order;
  check(!training_.empty(), "sequences: {} has {} sequences, of which none is left to train on", files_.inputs, count_);
}

int64_t SequenceData::count_classes() const {
  const std::vector<double> numbers = labels_.numbers();
  return static_cast<int64_t>(*std::max_element(numbers.begin(), numbers.end())) + 1;
}

SeriesScaling SequenceData::scaling_of_training() const {
  ScalingSums of_inputs(width_), of_labels(label_width_);
  for (const int64_t sequence : training_) {
    const std::vector<double> x = steps_of(sequence), y = labels(sequence);
    for (size_t i = 0; i < x.size(); i += static_cast<size_t>(width_)) of_inputs.add(&x[i]);
    for (size_t i = 0; i < y.size(); i += static_cast<size_t>(label_width_)) of_labels.add(&y[i]);
  }
  SeriesScaling scaling{of_inputs.scaling(numbered_columns(width_)), {}, 0};
  if (labels_.is_whole())
    scaling.classes = count_classes();
  else
    scaling.labels = of_labels.scaling(numbered_columns(label_width_));
  return scaling;
}

std::vector<double> SequenceData::steps_of(int64_t sequence) const {
  std::vector<double> numbers(static_cast<size_t>(lengths_[static_cast<size_t>(sequence)] * width_));
  inputs_.read(numbers.data(), sequence * steps_ * width_, static_cast<int64_t>(numbers.size()));
  return numbers;
}

int64_t SequenceData::places_of(int64_t sequence) const {
  return files_.head == Head::kStep ? lengths_[static_cast<size_t>(sequence)] : 1;
}

void SequenceData::read_labels(int64_t sequence, double* numbers) const {
  const int64_t K = label_width_, places = places_of(sequence);
  if (labels_steps_) return labels_.read(numbers, sequence * steps_ * K, places * K);
  for (int64_t place = 0; place < places; ++place) labels_.read(numbers + place * K, sequence * K, K);
}

std::vector<double> SequenceData::labels(int64_t sequence) const {
  std::vector<double> numbers(static_cast<size_t>(places_of(sequence) * label_width_));
  read_labels(sequence, numbers.data());
  return numbers;
}

// Checks that all numbers are finite, and takes their fingerprint.
void SequenceData::check_numbers() {
  Fingerprint fingerprint;
  const auto add = [&](const std::vector<double>& numbers) {
    fingerprint.add(std::ssize(numbers));
    fingerprint.add(numbers.data(), std::ssize(numbers));
  };
  for (const int64_t sequence : all_) {
    const std::vector<double> steps = steps_of(sequence);
    check_finite(steps, files_.inputs, sequence);
    check_finite(labels(sequence), files_.labels, sequence);
    add(steps);
  }
  add(labels_.numbers());
  fingerprint_ = fingerprint.value();
}

SequenceBatch SequenceData::batch(const std::vector<int64_t>& which) const {
  const auto rows = static_cast<int64_t>(which.size());
  const bool at_steps = files_.head == Head::kStep;
  const int64_t places = at_steps ? steps_ : 1, K = label_width_;
  const Shape labels_shape = at_steps ? Shape{rows, steps_} : Shape{rows};
  const auto filled = [&](int32_t value) {
    Ids ids(labels_shape);
    std::fill_n(ids.data(), ids.numel(), value);
    return ids;
  };
  SequenceBatch batch;
  batch.inputs = Tensor::zeros({rows, steps_, width_});
  if (at_steps) batch.counted = filled(0);
  if (is_classes())
    batch.classes = filled(-1);
  else
    batch.targets = Tensor::zeros(at_steps ? Shape{rows, steps_, K} : Shape{rows, K});
  std::vector<int64_t> lengths;
  const Scratch<double> x(steps_ * width_), y(places * K);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t sequence = which[static_cast<size_t>(row)];
    const int64_t length = lengths_[static_cast<size_t>(sequence)];
    lengths.push_back(length);
    inputs_.read(x.data(), sequence * steps_ * width_, length * width_);
    real* const to = batch.inputs.mutable_data() + row * steps_ * width_;
    for (int64_t i = 0; i < length * width_; ++i)
      to[i] = static_cast<real>(scaling_.inputs.to_standard(x[i], i % width_));
    read_labels(sequence, y.data());
    for (int64_t i = 0; i < places_of(sequence) * K; ++i) {
      const int64_t k = i % K, place = row * places + i / K;
      if (at_steps) batch.counted.data()[place] = 1;
      if (is_classes())
        batch.classes.data()[place] = static_cast<int32_t>(y[i]);
      else
        batch.targets.mutable_data()[place * K + k] = static_cast<real>(scaling_.labels.to_standard(y[i], k));
    }
  }
  batch.at = Boundaries::lengths(lengths);
  return batch;
}

}  // namespace scangrad::SCANGRAD_PRECISION
