#include "checkpoint.h"

#include <bit>
#include <cmath>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../nn/saved_params.h"
#include "batch_parts.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Calls f(number) for each number of a LoopState, in the order of the file.
template <class Loop, class F>
void each_number(Loop& loop, F f) {
  f(loop.step);
  f(loop.best_step);
  f(loop.best_loss);
  f(loop.best_accuracy);
  f(loop.random);
  f(loop.seconds);
  f(loop.window_steps);
  f(loop.window_loss);
  f(loop.window_accuracy);
  f(loop.window_norm);
}

LoopState loop_of(const SafetensorsFile& file) {
  const std::string& path = file.path();
  check(file.has("loop"), "checkpoint: {} does not hold the state of a training run", path);
  const std::vector<uint64_t> words = file.words("loop");
  LoopState loop;
  size_t next = 0;
  each_number(loop, [&](auto&) { ++next; });
  check(words.size() == next, "checkpoint: {}: loop has {} numbers, but {} are needed", path, words.size(), next);
  next = 0;
  each_number(loop, [&](auto& number) { number = std::bit_cast<std::decay_t<decltype(number)>>(words[next++]); });

  check(loop.step >= 0 && loop.step <= kMostSteps && loop.best_step >= 0 && loop.best_step <= loop.step &&
            loop.window_steps >= 0 && loop.window_steps <= loop.step,
        "checkpoint: {}: loop says step {} with the best at {}, which is impossible", path, loop.step, loop.best_step);
  check(loop.seconds >= 0 && std::isfinite(loop.seconds) && std::isfinite(loop.best_loss),
        "checkpoint: {}: loop says {} seconds with a best loss of {}, which is impossible", path,
        number_text(loop.seconds), number_text(loop.best_loss));
  if (file.has("spikes")) loop.spikes = spike_history(file.words("spikes"), "checkpoint: " + path);
  check(loop.spikes.skipped <= loop.step, "checkpoint: {}: {} of {} steps were skipped, which is impossible", path,
        loop.spikes.skipped, loop.step);

  if (file.has("fingerprints")) {
    const std::vector<uint64_t> both = file.words("fingerprints");
    check(both.size() == 2, "checkpoint: {}: fingerprints has {} numbers, but 2 are needed", path, both.size());
    loop.data_fingerprint = both[0];
    loop.validation_fingerprint = both[1];
  }
  return loop;
}

}  // namespace

SafetensorsWriter checkpoint(const Params& params, AdamW& adam, const LoopState& loop, const SaveTask& task,
                             Numbers numbers) {
  SafetensorsWriter writer;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    writer.add(name, numbers == Numbers::kCopies ? tensor.clone() : tensor);
  };
  for (const auto& [name, tensor] : params.saved()) add("model." + name, tensor);
  for (const auto& [name, moment] : adam.moments()) add("adam." + name, moment);
  std::vector<uint64_t> words;
  each_number(loop, [&](auto number) { words.push_back(std::bit_cast<uint64_t>(number)); });
  writer.add("loop", words);
  if (loop.spikes.skipped > 0 || !loop.spikes.losses.empty()) writer.add("spikes", to_words(loop.spikes));
  if (loop.data_fingerprint != 0 || loop.validation_fingerprint != 0)
    writer.add("fingerprints", std::vector<uint64_t>{loop.data_fingerprint, loop.validation_fingerprint});
  if (task) task(writer);
  return writer;
}

void save_checkpoint(const std::string& path, const Params& params, AdamW& adam, const LoopState& loop,
                     const SaveTask& task) {
  checkpoint(params, adam, loop, task).save(path);
}

LoopState load_loop(const std::string& path) {
  return loop_of(SafetensorsFile(path));
}

LoopState load_checkpoint(const std::string& path, const Params& params, AdamW& adam, const LoadTask& task) {
  const SafetensorsFile file(path);
  const LoopState loop = loop_of(file);
  // Moments and their new values: all are read and checked before anything changes.
  std::vector<std::pair<Tensor, Tensor>> moments;
  for (const auto& [name, moment] : adam.moments()) {
    moments.emplace_back(moment, file.finite_tensor("adam." + name));
    const Shape& shape = moments.back().second.shape();
    check(shape == moment.shape(), "checkpoint: {}: adam.{} has shape {}, but {} is needed", path, name, shape,
          moment.shape());
  }
  if (task) task(file);
  load_params(params, file, "model.");
  for (auto& [moment, value] : moments) moment.copy_from(value);
  adam.set_steps(loop.step - loop.spikes.skipped);
  return loop;
}

}  // namespace scangrad::SCANGRAD_PRECISION
