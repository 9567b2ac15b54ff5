#include "train.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/profile.h"
#include "../core/text.h"
#include "../nn/safetensors.h"
#include "../nn/schedule.h"
#include "metrics.h"
#include "profile_table.h"
#include "progress.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

// Turns a signal into a request to stop after the step at hand.
class CatchSignal {
 public:
  CatchSignal(int signal, int flags) : signal_(signal) {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested = 1; };
    action.sa_flags = flags | SA_RESTART;
    sigaction(signal, &action, &before_);
    if (signal == SIGHUP && before_.sa_handler == SIG_IGN) sigaction(signal, &before_, nullptr);  // nohup
  }
  ~CatchSignal() { sigaction(signal_, &before_, nullptr); }
  CatchSignal(const CatchSignal&) = delete;
  CatchSignal& operator=(const CatchSignal&) = delete;

 private:
  int signal_;
  struct sigaction before_ {};
};

// Ctrl-C and SIGTERM, of which a second one ends the process as usual; a terminal and an output that are gone, which
// may show with every line that is said until the run is saved.
struct CatchSignals {
  static constexpr int kOnce = static_cast<int>(SA_RESETHAND);
  CatchSignal interrupt{SIGINT, kOnce}, terminate{SIGTERM, kOnce}, hang_up{SIGHUP, 0}, pipe{SIGPIPE, 0};
};

// The loss of a step is not finite: runs it again with every op watched, and throws what it finds.
[[noreturn]] void explain_nan(const Params& params, const Task& task, int64_t step, int64_t part, Rng rng,
                              double loss) {
  const std::string what = fmt::format("train: loss is {} at step {}", number_text(loss), step + 1);
  for (const Param& param : params.list())
    for (int64_t i = 0; i < param.tensor.numel(); ++i)
      check(std::isfinite(param.tensor.data()[i]), "{}: parameter {} holds {} at element {}", what, param.name,
            number_text(static_cast<double>(param.tensor.data()[i])), i);
  try {
    const DetectNan watch;
    task.loss(step, part, rng);
  } catch (const Error& error) {
    fail("{}: {}", what, error.what());
  }
  fail("{}, but every op's result is finite", what);
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
  return {.step = loop.step,
          .loss = loop.window_loss / n,
          .accuracy = where(has_accuracy, loop.window_accuracy / n),
          .val_loss = {},
          .val_accuracy = {},
          .grad_norm = loop.window_norm / n,
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
        dropout_(static_cast<uint64_t>(config.seed), uint64_t(1) << 40) {
    if (output.resume) {
      loop_ = load_checkpoint(path("train"), params, adam_, task.load);
      check(config.steps >= loop_.step, "train: steps is {}, but the run has done {} already", config.steps,
            loop_.step);
      dropout_.set_offset(loop_.random);
      first_step_ = loop_.step;
    } else if (!output.folder.empty()) {
      save_state();
    }
    if (output.started) output.started();
    if (!output.folder.empty())
      metrics_ = std::make_unique<Metrics>(output.folder, output.resume ? loop_.step : Metrics::kAnew);
    if (output.profile) profile_ = std::make_unique<Profile>();
  }

  TrainResult run() {
    stop_requested = 0;
    const CatchSignals signals;
    Progress progress(output_.progress, loop_.step, config_.steps);
    progress_ = &progress;
    started_ = Clock::now();
    bool interrupted = false;
    while (!is_done() && !interrupted) {
      take_step();
      look();
      interrupted = stop_requested != 0 && !is_done();
      const int64_t every = config_.save_every > 0 ? config_.save_every : config_.eval_every;
      if (is_done() || interrupted || (every > 0 && loop_.step % every == 0)) save();
    }
    if (profile_) progress.say(profile_table(*profile_, loop_.step - first_step_));
    const double seconds = seconds_so_far();
    restore_best();
    return {loop_.step, loop_.best_step, {loop_.best_loss, loop_.best_accuracy}, seconds, interrupted};
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_done() const {
    const bool reached = config_.stop_at > 0 && loop_.best_step > 0 && loop_.best_accuracy >= config_.stop_at;
    return reached || loop_.step == config_.steps;
  }

  void take_step() {
    double loss = 0, accuracy = 0;
    const double share = 1 / static_cast<double>(config_.accumulate);
    for (int64_t part = 0; part < config_.accumulate; ++part) {
      const Rng before = dropout_;
      const TaskLoss result = task_.loss(loop_.step, part, dropout_);
      const double value = static_cast<double>(result.loss.item());
      if (!std::isfinite(value)) explain_nan(params_, task_, loop_.step, part, before, value);
      backward({result.loss}, {Tensor::full(result.loss.shape(), static_cast<real>(share))});
      loss += value * share;
      accuracy += result.accuracy * share;
    }
    adam_.set_lr(schedule_(loop_.step));
    lap("rest of the loop");
    const double norm = update();
    lap("adamw");
    ++loop_.step;
    ++loop_.window_steps;
    loop_.window_loss += loss;
    loop_.window_accuracy += accuracy;
    loop_.window_norm += norm;
    ++timed_steps_;
    progress_->step(loop_.step, loss, where(task_.has_accuracy, accuracy), norm, tokens_per_second());
  }

  double update() {
    try {
      return adam_.step();
    } catch (const Error& error) {
      fail("train: at step {}: {}", loop_.step + 1, error.what());
    }
  }

  // Writes a line of the metrics where it is time for one, after a validation where it is time for that.
  void look() {
    const bool evaluates =
        loop_.step == config_.steps || (config_.eval_every > 0 && loop_.step % config_.eval_every == 0);
    if (!evaluates && loop_.step % config_.log_every != 0) return;
    MetricsRow row = metrics_row(loop_, task_.has_accuracy, adam_.lr());
    row.tokens_per_s = tokens_per_second();
    row.seconds = seconds_so_far();
    if (evaluates) {
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
    const bool is_best = loop_.best_step == 0 || (task_.by_loss ? by_loss < best_loss : by_accuracy < best_accuracy);
    if (is_best) {
      loop_.best_loss = now.loss;
      loop_.best_accuracy = now.accuracy;
      loop_.best_step = loop_.step;
      if (!output_.folder.empty()) save_params(params_, path("model"));
      best_.clear();
      if (output_.folder.empty())
        for (const auto& [name, tensor] : params_.saved()) best_.push_back(tensor.clone());
    }
    const std::string accuracy = task_.has_accuracy ? fmt::format(", accuracy {:.2f} %", 100 * now.accuracy) : "";
    progress_->say(fmt::format("step {}: validation loss {:.4f}{}{}", loop_.step, now.loss, accuracy,
                               is_best ? (task_.by_loss ? "  (lowest loss so far)" : "  (best accuracy so far)") : ""));
  }

  void save() {
    if (output_.folder.empty()) return;
    forget_lost_best();
    if (loop_.best_step == 0) save_params(params_, path("model"));  // better than no weights to look at
    metrics_->sync();                                               // their lines up to this step are not written again
    save_state();
  }

  void forget_lost_best() {
    std::error_code error;
    if (!output_.folder.empty() && !std::filesystem::exists(path("model"), error)) loop_.best_step = 0;
  }

  void save_state() {
    LoopState now = loop_;
    now.random = dropout_.offset();
    now.seconds = seconds_so_far();
    save_checkpoint(path("train"), params_, adam_, now, task_.save);
  }

  void restore_best() {
    if (!output_.folder.empty()) return load_params(params_, SafetensorsFile(path("model")));
    std::vector<std::pair<std::string, Tensor>> now = params_.saved();
    for (size_t i = 0; i < best_.size(); ++i) now[i].second.copy_from(best_[i]);
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
  LoopState loop_;  // `random` and `seconds` as they were at the start of this run
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Profile> profile_;
  Progress* progress_ = nullptr;
  Clock::time_point started_ = Clock::now(), window_start_ = Clock::now();
  int64_t timed_steps_ = 0;  // since window_start_
  int64_t first_step_ = 0;
  std::vector<Tensor> best_;  // the weights, where no folder keeps them
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
  check(config.save_every >= 0, "train: save_every is {}, but at least 0 is needed", config.save_every);
  const AdamW adam(Params(0), adam_options(config));
  const Schedule schedule(schedule_options(config));
}

TrainResult train(const TrainConfig& config, const Params& params, const Task& task, const TrainOutput& output) {
  check_options(config);
  check(!output.resume || !output.folder.empty(), "train: to resume, the folder of a run is needed");
  return Loop(config, params, task, output).run();
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
