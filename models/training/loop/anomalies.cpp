#include "anomalies.h"

#include <cmath>
#include <exception>

#include "../../../core/check.h"
#include "../../../core/files/text.h"
#include "../../runs/kept_texts.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kMostSpikes = 10;  // in a row
constexpr const char* kHint = "--detect-nan stops at the first such number and leaves a file to repeat it";

std::string shown(double x) {
  return std::isfinite(x) ? fmt::format("{:.4g}", x) : number_text(x);
}

}  // namespace

std::string finding_text(const NanFinding& found, int64_t done, int64_t parts) {
  const std::string part = parts > 1 && done < parts ? fmt::format("part {} of {}: ", done + 1, parts) : "";
  const bool is_data = found.role == NanFinding::Role::kInput && found.parameter.empty();
  return part + found.text() + (is_data ? ": it came with the batch" : "");
}

void watch_weights(NanWatch& watch, const Params& params) {
  const auto saved = params.saved();
  std::vector<NanWatch::Part> parts;
  for (const auto& [name, tensor] : saved) parts.push_back({tensor, &name});
  const auto buffers = parts.begin() + std::ssize(params.list());
  watch.record_update("adamw", {parts.begin(), buffers});
  watch.record_update("the step", {buffers, parts.end()});
}

void check_weights(const Params& params, int64_t step) {
  NanWatch watch;
  watch_weights(watch, params);
  if (watch.found()) fail("train: step {}: {}; {}", step, watch.found()->text(), kHint);
}

void explain_step(int64_t step, double loss, double norm, int64_t parts,
                  const std::function<int64_t(NanWatch& watch)>& repeat) {
  NanWatch watch;
  const int64_t done = repeat(watch);
  if (!watch.found() && std::isfinite(loss) && std::isinf(norm))
    fail("train: step {}: the gradient is finite, but its square is not; --clip 1 or a smaller --lr would help", step);
  fail("train: step {}: {}: {}; {}", step,
       std::isfinite(loss) ? "gradient norm is " + shown(norm) : "loss is " + shown(loss),
       watch.found() ? finding_text(*watch.found(), done, parts)
                     : "but every number was finite when the step was repeated",
       kHint);
}

void WatchedStep::stop(int64_t step, const std::string& finding, const std::string& folder) {
  const std::string what = fmt::format("train: step {}: {}", step, finding);
  if (folder.empty()) fail("{}", what);
  const std::string file = folder + "/replay.safetensors";
  try {
    for (const auto& [name, text] : read_descriptions(folder)) start.add_metadata(name, text);
    start.save(file);
  } catch (const std::exception& error) {
    fail("{}; there is no file to repeat it: {}", what, error.what());
  }
  fail("{}; everything to repeat it is in {} (scangrad replay {})", what, file, shell_word(file));
}

std::string skipped_line(const SpikeHistory& history, int64_t step, double loss, double norm) {
  const std::string numbers = fmt::format("loss {}, gradient norm {}", shown(loss), shown(norm));
  check(history.in_a_row < kMostSpikes, "train: step {}: {} steps in a row would be skipped, this one with {}", step,
        kMostSpikes, numbers);
  return fmt::format("step {} skipped: {}", step, numbers);
}

BufferCopy::BufferCopy(const Params& params) {
  const auto saved = params.saved();
  for (auto buffer = saved.begin() + std::ssize(params.list()); buffer != saved.end(); ++buffer)
    buffers_.emplace_back(buffer->second, buffer->second.clone());
}

void BufferCopy::restore() {
  for (auto& [buffer, copy] : buffers_) buffer.copy_from(copy);
}

}  // namespace scangrad::SCANGRAD_PRECISION
