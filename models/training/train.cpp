#include "train.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/safetensors.h"
#include "../../core/files/text.h"
#include "../../core/observe/profile.h"
#include "../../nn/training/schedule.h"
#include "../runs/run_folder.h"
#include "best_weights.h"
#include "metrics.h"
#include "profile_table.h"
#include "progress.h"
#include "stop_signals.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kMostSpikes = 10;  // one after the other
constexpr const char* kHint = "--detect-nan stops at the first such number and leaves a file to repeat it";
constexpr const char* kStops =
    "\nstops after this step, and its validation if one is due, and saves; a second Ctrl-C ends it at once\n";

std::string shown(double x) {
  return std::isfinite(x) ? fmt::format("{:.4g}", x) : number_text(x);
}

// Shows a watch what a step has written: parameters, and buffers such as running means.
void look_at(NanWatch& watch, const Params& params) {
  const auto saved = params.saved();
  std::vector<NanWatch::Part> parts;
  for (const auto& [name, tensor] : saved) parts.push_back({tensor, &name});
  const auto buffers = parts.begin() + std::ssize(params.list());
  watch.record_update("adamw", {parts.begin(), buffers});
  watch.record_update("the step", {buffers, parts.end()});
}

ScheduleOptions schedule_options(const TrainConfig& config) {
  return {.lr = config.lr, .min_lr = config.min_lr, .warmup = config.warmup, .steps = config.steps};
}

std::optional<double> where(bool is_there, double value) {
  return is_there ? std::optional(value) : std::nullopt;
}

// The sums since the last line of the metrics, as that line says them.
MetricsRow metrics_row(const LoopState& loop, bool has_accuracy, double lr) {
  const double n = static_cast<double>(loop.window_steps);
  const bool any = loop.window_steps > 0;  // not all were left out
  return {.step = loop.step,
          .loss = where(any, loop.window_loss / n),
          .accuracy = where(any && has_accuracy, loop.window_accuracy / n),
          .val_loss = {},
          .val_accuracy = {},
          .grad_norm = where(any, loop.window_norm / n),
          .lr = lr,
          .tokens_per_s = {}};
}

class Loop {
 public:
  Loop(const TrainConfig& config, const Params& params, const Task& task, const TrainOutput& output)
      : config_(config),
        params_(params),
        task_(task),
        output_(output),
        adam_(params, adam_options(config)),
        schedule_(schedule_options(config)),
        dropout_(static_cast<uint64_t>(config.seed), uint64_t(1) << 40),
        best_(params, output.folder.empty() ? "" : path("model")) {
    if (output.resume) {
      loop_ = load_checkpoint(path("train"), params, adam_, task.load);
      check(config.steps >= loop_.step, "train: steps is {}, but the run has done {} already", config.steps,
            loop_.step);
      dropout_.set_offset(loop_.random);
      first_step_ = loop_.step;
      forget_lost_best();
      forget_best_of_others();
    } else if (!output.folder.empty()) {
      save_state();
    }
    if (output.started) output.started({loop_.step, is_done(), has_other_data(), has_other_validation()});
    if (has_other_data() || has_other_validation()) save_state();  // of the new ones from now on
    if (!output.folder.empty())
      metrics_ = std::make_unique<Metrics>(output.folder, output.resume ? loop_.step : Metrics::kAnew);
    if (output.profile) profile_ = std::make_unique<Profile>();
  }

  TrainResult run() {
    const StopSignals signals(output_.progress != nullptr && !output_.folder.empty() ? kStops : nullptr);
    Progress progress(output_.progress, loop_.step, config_.steps, task_.unit);
    progress_ = &progress;
    started_ = Clock::now();
    bool interrupted = false;
    if (is_done() && loop_.best_step == 0) {  // nothing left to do but this; what was loaded is finite
      judge(validate());
      save();
    }
    while (!is_done() && !interrupted) {
      take_step();
      look();
      interrupted = signals.came() && !is_done();
      const int64_t every = config_.save_every > 0 ? config_.save_every : config_.eval_every;
      if (is_done() || interrupted || (every > 0 && loop_.step % every == 0)) save();
    }
    if (profile_) progress.say(profile_table(*profile_, loop_.step - first_step_));
    const double seconds = seconds_so_far();
    check(loop_.best_step > 0 || interrupted, "train: no validation was finite, so no weights are the best");
    best_.restore();
    return {loop_.step, loop_.best_step, {loop_.best_loss, loop_.best_accuracy},
            seconds,    interrupted,     loop_.spikes.skipped};
  }

  Replay replay(const std::string& file) {
    loop_ = load_checkpoint(file, params_, adam_, task_.load);
    check(!has_other_data(), "train: the data has changed since {} was written, so that it repeats another step", file);
    dropout_.set_offset(loop_.random);
    NanWatch watch;
    const Step step = compute(&watch);
    return {loop_.step + 1, watch.found() ? finding(watch, step) : "", watch.found(), watch.seen()};
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Means over the parts of a step.
  struct Step {
    double loss = 0, accuracy = 0, norm = 0;
    int64_t parts = 0;  // done; those before a finding
    bool applied = false;
  };

  // Than what the run was saved with.
  bool has_other_data() const {
    return loop_.data_fingerprint != 0 && loop_.data_fingerprint != task_.data_fingerprint;
  }
  bool has_other_validation() const {
    return loop_.validation_fingerprint != 0 && loop_.validation_fingerprint != task_.validation_fingerprint;
  }

  void forget_best_of_others() {
    const bool ended = loop_.step == config_.steps;
    check(!has_other_data() || (output_.other_data && !ended),
          "train: the data has changed since the run in {} was saved; {} with what it is now", output_.folder,
          ended ? "more --steps and --data go on" : "--data goes on");
    if ((has_other_data() || has_other_validation()) && !ended) loop_.best_step = 0;
  }

  bool is_done() const {
    const bool reached = config_.stop_at > 0 && loop_.best_step > 0 && loop_.best_accuracy >= config_.stop_at;
    return reached || loop_.step == config_.steps;
  }

  void take_step() {
    std::vector<Tensor> buffers;  // as they are, for a step that is left out
    if (config_.skip_spikes > 0)
      for (const Tensor& buffer : this->buffers()) buffers.push_back(buffer.clone());
    std::optional<SafetensorsWriter> start;
    std::optional<NanWatch> watch;
    if (output_.detect_nan) {
      start = checkpoint(params_, adam_, state(), task_.save, Numbers::kCopies);
      watch.emplace();
    }
    const Step step = compute(watch ? &*watch : nullptr);
    if (watch && watch->found()) stop(*watch, step, *start);
    ++loop_.step;
    ++timed_steps_;
    if (!step.applied) return leave_out(step, buffers);
    ++loop_.window_steps;
    loop_.window_loss += step.loss;
    loop_.window_accuracy += step.accuracy;
    loop_.window_norm += step.norm;
    progress_->step(loop_.step, step.loss, where(task_.has_accuracy, step.accuracy), step.norm, tokens_per_second());
  }

  // A step up to what the watch finds, if there is one and it does.
  Step compute(NanWatch* watch) {
    const Rng random = dropout_;
    Step step = gradients(watch);
    if (watch != nullptr && watch->found()) return step;
    adam_.set_lr(schedule_(loop_.step));
    lap("rest of the loop");
    step.norm = adam_.step([&](double norm) { return step.applied = accepts(step.loss, norm, random); });
    lap("adamw");
    if (watch != nullptr) look_at(*watch, params_);
    return step;
  }

  bool accepts(double loss, double norm, const Rng& random) {
    if (config_.skip_spikes > 0) return !is_spike(loop_.spikes, loss, norm, config_.skip_spikes);
    if (!std::isfinite(loss) || !std::isfinite(norm)) explain(loss, norm, random);
    return true;
  }

  Step gradients(const NanWatch* watch) {
    Step step;
    const double share = 1 / static_cast<double>(config_.accumulate);
    for (; step.parts < config_.accumulate; ++step.parts) {
      const TaskLoss result = task_.loss(loop_.step, step.parts, dropout_);
      if (watch != nullptr && watch->found()) break;
      backward({result.loss}, {Tensor::full(result.loss.shape(), static_cast<real>(share))});
      if (watch != nullptr && watch->found()) break;
      step.loss += static_cast<double>(result.loss.item()) * share;
      step.accuracy += result.accuracy * share;
    }
    return step;
  }

  std::string finding(const NanWatch& watch, const Step& step) const {
    const NanFinding& found = *watch.found();
    const bool in_part = config_.accumulate > 1 && step.parts < config_.accumulate;
    const bool given = found.role == NanFinding::Role::kInput && found.parameter.empty();
    return fmt::format("{}{}{}", in_part ? fmt::format("part {} of {}: ", step.parts + 1, config_.accumulate) : "",
                       found.text(), given ? ": it came with the batch" : "");
  }

  // Where the numbers of a step come from that are not finite, by a repetition of it.
  [[noreturn]] void explain(double loss, double norm, const Rng& random) {
    const std::string what = std::isfinite(loss) ? "gradient norm is " + shown(norm) : "loss is " + shown(loss);
    params_.zero_grad();
    dropout_ = random;
    NanWatch watch;
    const Step step = gradients(&watch);
    if (!watch.found() && std::isfinite(loss) && std::isinf(norm))
      fail("train: step {}: the gradient is finite, but its square is not; --clip 1 or a smaller --lr would help",
           loop_.step + 1);
    fail("train: step {}: {}: {}; {}", loop_.step + 1, what,
         watch.found() ? finding(watch, step) : "but every number of a repetition is finite", kHint);
  }

  [[noreturn]] void stop(const NanWatch& watch, const Step& step, SafetensorsWriter& start) {
    const std::string what = fmt::format("train: step {}: {}", loop_.step + 1, finding(watch, step));
    if (output_.folder.empty()) fail("{}", what);
    const std::string file = path("replay");
    try {
      for (const auto& [name, text] : read_descriptions(output_.folder)) start.add_metadata(name, text);
      start.save(file);
    } catch (const std::exception& error) {
      fail("{}; there is no file to repeat it: {}", what, error.what());
    }
    fail("{}; everything to repeat it is in {} (scangrad replay {})", what, file, shell_word(file));
  }

  void leave_out(const Step& step, const std::vector<Tensor>& buffers) {
    std::vector<Tensor> now = this->buffers();
    for (size_t i = 0; i < now.size(); ++i) now[i].copy_from(buffers[i]);
    const std::string numbers = fmt::format("loss {}, gradient norm {}", shown(step.loss), shown(step.norm));
    check(loop_.spikes.in_a_row < kMostSpikes, "train: step {}: {} in a row would be left out, this one with {}",
          loop_.step, kMostSpikes, numbers);
    progress_->say(fmt::format("step {} left out: {}", loop_.step, numbers));
  }

  // That weights which are to be judged or saved are finite: once, where both come at the same step.
  void check_weights() {
    if (std::exchange(checked_step_, loop_.step) == loop_.step) return;
    NanWatch watch;
    look_at(watch, params_);
    if (watch.found()) fail("train: step {}: {}; {}", loop_.step, watch.found()->text(), kHint);
  }

  // Writes a line of the metrics where it is time for one, after a validation where it is time for that.
  void look() {
    const bool evaluates =
        loop_.step == config_.steps || (config_.eval_every > 0 && loop_.step % config_.eval_every == 0);
    if (!evaluates && loop_.step % config_.log_every != 0) return;
    MetricsRow row = metrics_row(loop_, task_.has_accuracy, adam_.lr());
    row.tokens_per_s = tokens_per_second();
    row.seconds = seconds_so_far();
    if (config_.skip_spikes > 0) row.skipped = static_cast<double>(loop_.spikes.skipped);
    if (evaluates) {
      check_weights();
      const Evaluation now = validate();
      row.val_loss = now.loss;
      row.val_accuracy = where(task_.has_accuracy, now.accuracy);
      judge(now);
      lap("validation");
    }
    if (metrics_) metrics_->write(row);
    loop_.window_steps = 0;
    loop_.window_loss = loop_.window_accuracy = loop_.window_norm = 0;
    timed_steps_ = 0;
    window_start_ = Clock::now();
  }

  Evaluation validate() {
    std::optional<Profile> apart;  // its ops are not those of a training step
    if (profile_) apart.emplace();
    return task_.validate();
  }

  // Keeps the weights if none validated better.
  void judge(const Evaluation& now) {
    forget_lost_best();
    const std::pair by_accuracy{-now.accuracy, now.loss}, best_accuracy{-loop_.best_accuracy, loop_.best_loss};
    const std::pair by_loss{now.loss, -now.accuracy}, best_loss{loop_.best_loss, -loop_.best_accuracy};
    const bool is_best = std::isfinite(now.loss) &&
                         (loop_.best_step == 0 || (task_.by_loss ? by_loss < best_loss : by_accuracy < best_accuracy));
    if (is_best) {
      loop_.best_loss = now.loss;
      loop_.best_accuracy = now.accuracy;
      loop_.best_step = loop_.step;
      best_.keep(loop_.step);
    }
    const std::string accuracy = task_.has_accuracy ? fmt::format(", accuracy {:.2f} %", 100 * now.accuracy) : "";
    progress_->say(fmt::format("step {}: validation loss {:.4f}{}{}", loop_.step, now.loss, accuracy,
                               is_best ? (task_.by_loss ? "  (lowest loss so far)" : "  (best accuracy so far)") : ""));
  }

  void save() {
    if (output_.folder.empty()) return;
    check_weights();
    forget_lost_best();
    if (loop_.best_step == 0) best_.keep(loop_.step);  // better than no weights to look at
    metrics_->sync();                                  // their lines up to this step are not written again
    save_state();
  }

  void save_state() { save_checkpoint(path("train"), params_, adam_, state(), task_.save); }

  void forget_lost_best() {
    if (!best_.are_of(loop_.best_step)) loop_.best_step = 0;
  }

  LoopState state() const {
    LoopState now = loop_;
    now.random = dropout_.offset();
    now.seconds = seconds_so_far();
    now.data_fingerprint = task_.data_fingerprint;
    now.validation_fingerprint = task_.validation_fingerprint;
    return now;
  }

  std::vector<Tensor> buffers() const {
    std::vector<Tensor> buffers;
    const auto saved = params_.saved();
    for (size_t i = params_.list().size(); i < saved.size(); ++i) buffers.push_back(saved[i].second);
    return buffers;
  }

  std::string path(const std::string& name) const { return output_.folder + "/" + name + ".safetensors"; }
  void lap(const char* name) {
    if (profile_) profile_->lap(name);
  }
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
  double seconds_so_far() const { return loop_.seconds + seconds_since(started_); }
  double tokens_per_second() const {
    return static_cast<double>(timed_steps_) * task_.tokens_per_step / seconds_since(window_start_);
  }

  const TrainConfig& config_;
  const Params& params_;
  const Task& task_;
  const TrainOutput& output_;
  AdamW adam_;
  Schedule schedule_;
  Rng dropout_;
  BestWeights best_;
  LoopState loop_;  // `random` and `seconds` as they were at the start of this run
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Profile> profile_;
  Progress* progress_ = nullptr;
  Clock::time_point started_ = Clock::now(), window_start_ = Clock::now();
  int64_t timed_steps_ = 0;  // since window_start_
  int64_t first_step_ = 0;
  int64_t checked_step_ = -1;  // whose weights were found finite
};

}  // namespace

AdamWOptions adam_options(const TrainConfig& config) {
  return {.lr = config.lr,
          .beta1 = config.beta1,
          .beta2 = config.beta2,
          .weight_decay = config.weight_decay,
          .policy = config.policy,
          .clip = config.clip};
}

void check_options(const TrainConfig& config) {
  check(config.steps >= 1, "train: steps is {}, but at least 1 is needed", config.steps);
  check(config.accumulate >= 1, "train: accumulate is {}, but at least 1 is needed", config.accumulate);
  check(config.seed >= 0, "train: seed is {}, but at least 0 is needed", config.seed);
  check(config.log_every >= 1, "train: log_every is {}, but at least 1 is needed", config.log_every);
  check(config.eval_every >= 0, "train: eval_every is {}, but at least 0 is needed", config.eval_every);
  check(config.skip_spikes >= 0, "train: skip_spikes is {}, but at least 0 is needed", config.skip_spikes);
  check(config.save_every >= 0, "train: save_every is {}, but at least 0 is needed", config.save_every);
  const AdamW adam(Params(0), adam_options(config));
  const Schedule schedule(schedule_options(config));
}

Replay replay(const TrainConfig& config, const Params& params, const Task& task, const std::string& file) {
  check_options(config);
  return Loop(config, params, task, {}).replay(file);
}

TrainResult train(const TrainConfig& config, const Params& params, const Task& task, const TrainOutput& output) {
  check_options(config);
  check(!output.resume || !output.folder.empty(), "train: to resume, the folder of a run is needed");
  return Loop(config, params, task, output).run();
}

}  // namespace scangrad::SCANGRAD_PRECISION
