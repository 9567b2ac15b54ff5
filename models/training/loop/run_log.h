// What a training run reports about itself: the progress lines, the metrics, and the profile.
//
//   RunLog log(config, task, output, loop);             // loop: the state that the run starts from
//   ... a step ...
//   log.add_step(loop, step);                           // or add_skipped(loop, step)
//   MetricsRow row = log.line(loop, adam.lr());         // when a line of the metrics is due
//   log.add_validation(row, evaluation);                // if that is due, too; its time is not in the speed
//   log.write(loop, row);
//
// The training columns of a line are means over the steps since the previous line, without skipped steps. Their sums
// are part of LoopState, so a run that is resumed between two lines writes the same line. The speed includes skipped
// steps, but no steps from before the run was resumed.
//
// Errors: those of Metrics.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "../../../core/observe/profile.h"
#include "../metrics.h"
#include "../progress.h"
#include "../train.h"
#include "learner.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API RunLog {
 public:
  // Keeps references to the first three. Opens the metrics of a run with a folder.
  RunLog(const TrainConfig& config, const Task& task, const TrainOutput& output, const LoopState& start);

  void add_step(LoopState& loop, const StepResult& step);
  // Errors: the tenth in a row (anomalies.h).
  void add_skipped(const LoopState& loop, const StepResult& step);
  // The progress line of a validation.
  void say_validation(int64_t step, const Evaluation& now, bool is_best);
  MetricsRow line(const LoopState& loop, double lr) const;
  void add_validation(MetricsRow& row, const Evaluation& now) const;
  void write(LoopState& loop, const MetricsRow& row);  // and starts new means
  void sync() const;                                   // afterwards the metrics are on the disk
  void end(int64_t step);                              // prints the profile
  double seconds() const;                              // of training, those before the run was resumed included
  // What validate() gives. Its ops are not counted in the profile, which is about training steps.
  Evaluation without_profile(const std::function<Evaluation()>& validate) const;

 private:
  using Clock = std::chrono::steady_clock;
  double tokens_per_second() const;
  std::optional<double> if_accuracy(double value) const;

  const TrainConfig& config_;
  const Task& task_;
  double seconds_before_;
  int64_t first_step_, window_steps_ = 0;  // window_steps_: since window_start_, skipped steps included
  Clock::time_point start_ = Clock::now(), window_start_ = start_;
  std::optional<Metrics> metrics_;
  std::optional<Profile> profile_;
  bool says_validations_;
  Progress progress_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
