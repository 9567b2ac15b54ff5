#include "resume.h"

#include "../../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// 0: nothing was recorded.
bool differs(uint64_t saved, uint64_t now) {
  return saved != 0 && saved != now;
}

}  // namespace

Changes changes_since(const LoopState& saved, const Task& task) {
  return {.data = differs(saved.data_fingerprint, task.data_fingerprint),
          .validation = differs(saved.validation_fingerprint, task.validation_fingerprint)};
}

bool is_done(const TrainConfig& config, const LoopState& loop) {
  const bool reached = config.stop_at > 0 && loop.best_step > 0 && loop.best_accuracy >= config.stop_at;
  return reached || loop.step == config.steps;
}

LoopState resume_run(const ResumeOptions& options, const Params& params, AdamW& adam, const Task& task) {
  LoopState loop = load_checkpoint(options.folder + "/train.safetensors", params, adam, task.load);
  check(options.steps >= loop.step, "train: steps is {}, but the run has done {} already", options.steps, loop.step);
  const bool ended = options.steps == loop.step;
  const Changes changes = changes_since(loop, task);
  check(!changes.data || (options.other_data && !ended),
        "train: the data has changed since the run in {} was saved; {} to use the data as it is now", options.folder,
        ended ? "the run has ended, so resume with more --steps and --data" : "resume with --data");
  if ((changes.data || changes.validation) && !ended) loop.best_step = 0;
  return loop;
}

LoopState load_to_repeat(const std::string& file, const Params& params, AdamW& adam, const Task& task) {
  const LoopState loop = load_checkpoint(file, params, adam, task.load);
  check(!changes_since(loop, task).data,
        "train: the data has changed since {} was written, so the step cannot be repeated", file);
  return loop;
}

}  // namespace scangrad::SCANGRAD_PRECISION
