#include "run_log.h"

#include "../../../core/check.h"
#include "../profile_table.h"
#include "anomalies.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

RunLog::RunLog(const TrainConfig& config, const Task& task, const TrainOutput& output, const LoopState& start)
    : config_(config),
      task_(task),
      seconds_before_(start.seconds),
      first_step_(start.step),
      says_validations_(output.say_validations),
      progress_(output.progress, start.step, config.steps, task.unit) {
  if (!output.folder.empty()) metrics_.emplace(output.folder, output.resume ? start.step : Metrics::kNewRun);
  if (output.profile) profile_.emplace();
}

void RunLog::add_step(LoopState& loop, const StepResult& step) {
  ++window_steps_;
  ++loop.window_steps;
  loop.window_loss += step.loss;
  loop.window_accuracy += step.accuracy;
  loop.window_norm += step.norm;
  progress_.step(loop.step, step.loss, if_accuracy(step.accuracy), step.norm, tokens_per_second());
}

void RunLog::add_skipped(const LoopState& loop, const StepResult& step) {
  ++window_steps_;
  progress_.say(skipped_line(loop.spikes, loop.step, step.loss, step.norm));
}

void RunLog::say_validation(int64_t step, const Evaluation& now, bool is_best) {
  if (profile_) profile_->lap("validation");
  if (!says_validations_) return;
  const char* const best = task_.by_loss ? "  (lowest loss so far)" : "  (best accuracy so far)";
  progress_.say(fmt::format("step {}: validation loss {:.4f}{}{}", step, now.loss,
                            task_.has_accuracy ? fmt::format(", accuracy {:.2f} %", 100 * now.accuracy) : "",
                            is_best ? best : ""));
}

MetricsRow RunLog::line(const LoopState& loop, double lr) const {
  MetricsRow row;
  row.step = loop.step;
  if (loop.window_steps > 0) {  // not all steps were skipped
    const double n = static_cast<double>(loop.window_steps);
    row.loss = loop.window_loss / n;
    row.accuracy = if_accuracy(loop.window_accuracy / n);
    row.grad_norm = loop.window_norm / n;
  }
  row.lr = lr;
  row.tokens_per_s = tokens_per_second();
  row.seconds = seconds();
  if (config_.skip_spikes > 0) row.skipped = static_cast<double>(loop.spikes.skipped);
  return row;
}

void RunLog::add_validation(MetricsRow& row, const Evaluation& now) const {
  row.val_loss = now.loss;
  row.val_accuracy = if_accuracy(now.accuracy);
}

void RunLog::write(LoopState& loop, const MetricsRow& row) {
  if (metrics_) metrics_->write(row);
  loop.window_steps = 0;
  loop.window_loss = loop.window_accuracy = loop.window_norm = 0;
  window_steps_ = 0;
  window_start_ = Clock::now();
}

void RunLog::sync() const {
  if (metrics_) metrics_->sync();
}

void RunLog::end(int64_t step) {
  if (profile_) progress_.say(profile_table(*profile_, step - first_step_));
}

double RunLog::seconds() const {
  return seconds_before_ + seconds_since(start_);
}

Evaluation RunLog::without_profile(const std::function<Evaluation()>& validate) const {
  std::optional<Profile> apart;
  if (profile_) apart.emplace();
  return validate();
}

double RunLog::tokens_per_second() const {
  return static_cast<double>(window_steps_) * task_.tokens_per_step / seconds_since(window_start_);
}

std::optional<double> RunLog::if_accuracy(double value) const {
  return task_.has_accuracy ? std::optional(value) : std::nullopt;
}

}  // namespace scangrad::SCANGRAD_PRECISION
