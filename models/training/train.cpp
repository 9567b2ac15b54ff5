#include "train.h"

#include "../../core/check.h"
#include "best_weights.h"
#include "loop/anomalies.h"
#include "loop/learner.h"
#include "loop/resume.h"
#include "loop/run_log.h"
#include "stop_signals.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr const char* kStops =
    "\nstops after this step, and its validation if one is due, and saves; a second Ctrl-C ends it at once\n";

class Loop {
 public:
  Loop(const TrainConfig& config, const Params& params, const Task& task, const TrainOutput& output)
      : config_(config),
        params_(params),
        task_(task),
        output_(output),
        learner_(config, params, task),
        best_(params, output.folder.empty() ? "" : output.folder + "/model.safetensors") {}

  TrainResult run() {
    start();
    const StopSignals signals(output_.progress != nullptr && !output_.folder.empty() ? kStops : nullptr);
    const int64_t save_every = config_.save_every > 0 ? config_.save_every : config_.eval_every;
    if (is_done() && loop_.best_step == 0) {  // resumed after its last step, but the best weights are gone
      validate();
      save();
    }
    bool interrupted = false;
    while (!is_done() && !interrupted) {
      take_step();
      log();
      interrupted = signals.came() && !is_done();
      if (is_done() || interrupted || is_due(save_every)) save();
    }
    log_->end(loop_.step);
    const double seconds = log_->seconds();
    check(loop_.best_step > 0 || interrupted, "train: no validation was finite, so no weights are the best");
    best_.restore();
    return {loop_.step, loop_.best_step, {loop_.best_loss, loop_.best_accuracy},
            seconds,    interrupted,     loop_.spikes.skipped};
  }

 private:
  void start() {
    if (output_.resume)
      loop_ = resume_run({output_.folder, config_.steps, output_.other_data}, params_, learner_.adam(), task_);
    best_.forget_lost(loop_);
    const auto [other_data, other_validation] = changes_since(loop_, task_);
    loop_.data_fingerprint = task_.data_fingerprint;
    loop_.validation_fingerprint = task_.validation_fingerprint;
    if (!output_.resume) save_state();
    if (output_.started) output_.started({loop_.step, is_done(), other_data, other_validation});
    if (other_data || other_validation) save_state();
    log_.emplace(config_, task_, output_, loop_);
  }

  bool is_due(int64_t every) const { return every > 0 && loop_.step % every == 0; }
  bool is_done() const { return scangrad::is_done(config_, loop_); }

  // Loss, backward, clipping, AdamW: learner.h. What is around it is for steps that go wrong.
  void take_step() {
    std::optional<BufferCopy> before;
    if (config_.skip_spikes > 0) before.emplace(params_);
    std::optional<WatchedStep> watched;
    if (output_.detect_nan) watched.emplace(checkpoint(params_, learner_.adam(), loop_, task_.save, Numbers::kCopies));
    const StepResult step = learner_.step(loop_, watched ? &watched->watch : nullptr);
    if (watched && watched->watch.found())
      watched->stop(loop_.step + 1, finding_text(*watched->watch.found(), step.parts, config_.accumulate),
                    output_.folder);
    ++loop_.step;
    if (step.is_applied) return log_->add_step(loop_, step);
    before->restore();
    log_->add_skipped(loop_, step);
  }

  // Writes a line of the metrics when one is due, and validates when that is due.
  void log() {
    const bool validates = loop_.step == config_.steps || is_due(config_.eval_every);
    if (!validates && !is_due(config_.log_every)) return;
    MetricsRow row = log_->line(loop_, learner_.adam().lr());
    if (validates) log_->add_validation(row, validate());
    log_->write(loop_, row);
  }

  // Validates, and keeps the weights if they are the best so far.
  Evaluation validate() {
    check_weights(params_, loop_.step);
    const Evaluation now = log_->without_profile(task_.validate);
    const bool is_best = best_.judge(loop_, now, task_.by_loss);
    log_->say_validation(loop_.step, now, is_best);
    return now;
  }

  void save() {
    if (output_.folder.empty()) return;
    check_weights(params_, loop_.step);
    best_.forget_lost(loop_);
    if (loop_.best_step == 0) best_.keep(loop_.step);  // so that there are weights to look at
    log_->sync();  // before the state: a run that is resumed from it does not write these lines again
    loop_.seconds = log_->seconds();
    save_state();
  }

  void save_state() {
    if (output_.folder.empty()) return;
    save_checkpoint(output_.folder + "/train.safetensors", params_, learner_.adam(), loop_, task_.save);
  }

  const TrainConfig& config_;
  const Params& params_;
  const Task& task_;
  const TrainOutput& output_;
  Learner learner_;
  BestWeights best_;
  LoopState loop_;  // what a checkpoint holds besides weights and moments
  std::optional<RunLog> log_;
};

}  // namespace

Replay replay(const TrainConfig& config, const Params& params, const Task& task, const std::string& file) {
  check_options(config);
  Learner learner(config, params, task);
  LoopState loop = load_to_repeat(file, params, learner.adam(), task);
  NanWatch watch;
  const StepResult step = learner.step(loop, &watch);
  return {.step = loop.step + 1,
          .finding = watch.found() ? finding_text(*watch.found(), step.parts, config.accumulate) : "",
          .found = watch.found(),
          .seen = watch.seen()};
}

TrainResult train(const TrainConfig& config, const Params& params, const Task& task, const TrainOutput& output) {
  check_options(config);
  check(!output.resume || !output.folder.empty(), "train: to resume, the folder of a run is needed");
  return Loop(config, params, task, output).run();
}

}  // namespace scangrad::SCANGRAD_PRECISION
