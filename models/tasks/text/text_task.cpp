#include "text_task.h"

#include <algorithm>
#include <cmath>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/fingerprint.h"
#include "../../../core/files/text.h"
#include "../../../nn/recompute.h"
#include "../../../ops/arithmetic.h"
#include "../../training/batch_parts.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Steps first ... first + count - 1 of every row.
Ids steps_of(const Ids& ids, int64_t first, int64_t count) {
  const int64_t B = ids.size(0), T = ids.size(1);
  Ids result({B, count});
  for (int64_t b = 0; b < B; ++b) std::copy_n(ids.data() + b * T + first, count, result.data() + b * count);
  return result;
}

TaskLoss loss_of(const LanguageModel& model, const TextBatch& batch, State& state, Rng& rng, int64_t chunks) {
  if (chunks == 1) {
    const auto [loss, accuracy] = model.loss(batch.inputs, batch.targets, state, {}, &rng);
    return {loss, accuracy};
  }
  const int64_t length = batch.inputs.size(1) / chunks;
  TaskLoss sum;
  for (int64_t i = 0; i < chunks; ++i) {
    const Ids inputs = steps_of(batch.inputs, i * length, length),
              targets = steps_of(batch.targets, i * length, length);
    const auto chunk = [&model, inputs, targets](const std::vector<Tensor>&, State& its, Rng* training) {
      const LossAndAccuracy result = model.loss(inputs, targets, its, {}, training);
      return std::vector<Tensor>{result.loss, Tensor::full({1}, static_cast<real>(result.accuracy))};
    };
    const std::vector<Tensor> result = recompute(chunk, {}, state, model.head(), &rng);
    sum.loss = sum.loss.defined() ? add(sum.loss, result[0]) : result[0];
    sum.accuracy += static_cast<double>(result[1].item()) / static_cast<double>(chunks);
  }
  sum.loss = scale(sum.loss, 1 / static_cast<real>(chunks));
  return sum;
}

// Contiguous streams: row r of part p of step s reads window s of its own stretch of the text.
class Streams {
 public:
  Streams(const LanguageModel& model, const TextData& data, const TextTaskConfig& config, int64_t rows)
      : model_(model), tokens_(data.training()), config_(config), rows_(rows) {
    windows_ = (tokens_.size() - 1) / config.batch / config.length;
    check(windows_ >= 1, "text: the training part has {} tokens, but {} streams of a window need {}", tokens_.size(),
          config.batch, config.batch * config.length + 1);
    carried_.assign(static_cast<size_t>(config.accumulate), starting(model.start(rows_)));
  }

  TaskLoss loss(int64_t step, int64_t part, Rng& rng) {
    const int64_t window = step % windows_;
    Carried& carried = carried_[static_cast<size_t>(part)];
    if (step != carried.step) carried = {step, carried.end, carried.end};
    if (window == 0) carried.begin = model_.start(rows_);
    std::vector<int64_t> begins;
    for (int64_t row = 0; row < rows_; ++row)
      begins.push_back(((part * rows_ + row) * windows_ + window) * config_.length);
    State state = carried.begin;
    const TaskLoss result = loss_of(model_, text_batch(tokens_, begins, config_.length), state, rng, config_.chunks);
    // A step with a loss that is not finite may be skipped: the streams then continue from the state before it.
    const bool is_finite = std::isfinite(result.loss.item());
    carried.end = is_finite ? state.detach() : carried.begin.detach();
    return result;
  }

  void save(SafetensorsWriter& writer) const {
    writer.add("task.streams", sizes());
    for (size_t i = 0; i < carried_.size(); ++i) carried_[i].end.save(writer, prefix(i));
  }
  void load(const SafetensorsFile& file) {
    const std::vector<uint64_t> before = file.words("task.streams");
    check(before == sizes(), "text: length, batch and accumulate of the streams to resume are {}, not {}",
          listed(before), listed(sizes()));
    for (size_t i = 0; i < carried_.size(); ++i) carried_[i] = starting(State::load(file, prefix(i)));
  }

 private:
  // The states before and after the window of a part. The first is kept, so that the step can be repeated.
  struct Carried {
    int64_t step = -1;
    State begin, end;
  };
  static Carried starting(const State& state) { return {-1, state, state}; }

  static std::string listed(const std::vector<uint64_t>& words) {
    std::vector<std::string> texts;
    for (const uint64_t word : words) texts.push_back(std::to_string(word));
    return joined(texts);
  }

  // The place in a stream follows from these and the step.
  std::vector<uint64_t> sizes() const {
    return {static_cast<uint64_t>(config_.length), static_cast<uint64_t>(config_.batch),
            static_cast<uint64_t>(config_.accumulate)};
  }
  static std::string prefix(size_t part) { return "task.state." + std::to_string(part) + "."; }

  const LanguageModel& model_;
  const Tokens& tokens_;
  TextTaskConfig config_;
  int64_t rows_, windows_;
  std::vector<Carried> carried_;  // of each part of a step
};

}  // namespace

Evaluation evaluate_text(const LanguageModel& model, const Tokens& tokens, int64_t length, int64_t batch,
                         int64_t windows) {
  check(tokens.size() >= 2, "text: {} tokens are there, but at least 2 are needed to predict one", tokens.size());
  check(length >= 1 && batch >= 1, "text: length is {} and batch {}, but at least 1 is needed", length, batch);
  const NoGrad no_grad;
  const int64_t all = tokens.size() - 1;
  const int64_t positions = windows > 0 && windows <= all / length ? windows * length : all;
  Evaluation sum;
  const auto add = [&](const std::vector<int64_t>& begins, int64_t steps) {
    const int64_t rows = static_cast<int64_t>(begins.size());
    const TextBatch part = text_batch(tokens, begins, steps);
    State state = model.start(rows);
    const auto [loss, accuracy] = model.loss(part.inputs, part.targets, state);
    const double share = static_cast<double>(rows * steps) / static_cast<double>(positions);
    sum.loss += share * static_cast<double>(loss.item());
    sum.accuracy += share * accuracy;
  };
  std::vector<int64_t> begins;
  const int64_t whole = positions / length * length;
  for (int64_t begin = 0; begin < whole; begin += length) {
    begins.push_back(begin);
    if (static_cast<int64_t>(begins.size()) < batch && begin + length < whole) continue;
    add(begins, length);
    begins.clear();
  }
  if (whole < positions) add({whole}, positions - whole);
  return sum;
}

Task text_task(const LanguageModel& model, const TextData& data, const TextTaskConfig& config) {
  check(config.length >= 1, "text: length is {}, but at least 1 is needed", config.length);
  const BatchParts parts("text", config.batch, config.accumulate);
  check(config.chunks >= 1 && config.length % config.chunks == 0,
        "text: length is {}, but a multiple of chunks ({}) is needed", config.length, config.chunks);
  check(data.training().size() > config.length, "text: the training part has {} tokens, but a window needs {}",
        data.training().size(), config.length + 1);
  check(data.validation().size() >= 2, "text: the validation part has {} tokens, but at least 2 are needed",
        data.validation().size());
  const int64_t rows = parts.rows;
  Task task;
  task.by_loss = true;
  task.data_fingerprint = data.fingerprint();
  task.validation_fingerprint = fingerprint_of(config.length, config.validation_windows);
  task.tokens_per_step = static_cast<double>(config.batch * config.length);
  if (config.stream) {
    const auto streams = std::make_shared<Streams>(model, data, config, rows);
    task.loss = [streams](int64_t step, int64_t part, Rng& rng) { return streams->loss(step, part, rng); };
    task.save = [streams](SafetensorsWriter& writer) { streams->save(writer); };
    task.load = [streams](const SafetensorsFile& file) { streams->load(file); };
  } else {
    task.loss = [&model, &data, config, parts, rows](int64_t step, int64_t part, Rng& rng) {
      State state = model.start(rows);
      const TextBatch batch = data.windows(config.seed, parts.number(step, part), rows, config.length);
      return loss_of(model, batch, state, rng, config.chunks);
    };
  }
  task.validate = [&model, &data, config, rows] {
    return evaluate_text(model, data.validation(), config.length, rows, config.validation_windows);
  };
  return task;
}

}  // namespace scangrad::SCANGRAD_PRECISION
