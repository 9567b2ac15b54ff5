#include "train.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/text.h"
#include "../nn/safetensors.h"
#include "../nn/schedule.h"
#include "metrics.h"
#include "progress.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

// Turns Ctrl-C and SIGTERM into a request to stop after the step at hand; a second one ends the process as usual.
class CatchSignals {
 public:
  CatchSignals() {
    stop_requested = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
  }
  ~CatchSignals() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
  }
  CatchSignals(const CatchSignals&) = delete;
  CatchSignals& operator=(const CatchSignals&) = delete;

 private:
  struct sigaction before_int_ {};
  struct sigaction before_term_ {};
};

// Means of what training measures, over the steps since the last line of the metrics.
struct Window {
  double loss = 0, accuracy = 0, grad_norm = 0;
  int64_t steps = 0;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  void add(double step_loss, double step_accuracy, double step_norm) {
    loss += step_loss;
    accuracy += step_accuracy;
    grad_norm += step_norm;
    ++steps;
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  MetricsRow row(int64_t step, double lr, double tokens_per_step) const {
    const double n = static_cast<double>(steps);
    return {.step = step,
            .loss = loss / n,
            .accuracy = accuracy / n,
            .val_loss = {},
            .val_accuracy = {},
            .grad_norm = grad_norm / n,
            .lr = lr,
            .tokens_per_s = n * tokens_per_step / seconds()};
  }
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

AdamWOptions adam_options(const TrainConfig& config) {
  return {.lr = config.lr, .weight_decay = config.weight_decay, .policy = config.policy, .clip = config.clip};
}

ScheduleOptions schedule_options(const TrainConfig& config) {
  return {.lr = config.lr, .min_lr = config.min_lr, .warmup = config.warmup, .steps = config.steps};
}

class Loop {
 public:
  Loop(const TrainConfig& config, const Params& params, const Task& task, const std::string& folder,
       std::FILE* progress)
      : config_(config),
        params_(params),
        task_(task),
        folder_(folder),
        adam_(params,
              {.lr = config.lr, .weight_decay = config.weight_decay, .policy = config.policy, .clip = config.clip}),
        schedule_({.lr = config.lr, .min_lr = config.min_lr, .warmup = config.warmup, .steps = config.steps}),
        metrics_(folder.empty() ? nullptr : std::make_unique<Metrics>(folder)),
        progress_(progress, config.steps),
        dropout_(static_cast<uint64_t>(config.seed), uint64_t(1) << 40) {}

  TrainResult run() {
    const CatchSignals signals;
    for (int64_t step = 0; step < config_.steps && !result_.interrupted && !reached_; ++step) {
      take_step(step);
      result_.steps = step + 1;
      result_.interrupted = stop_requested != 0;
      const bool is_last = result_.steps == config_.steps || result_.interrupted;
      const bool evaluates = is_last || (config_.eval_every > 0 && result_.steps % config_.eval_every == 0);
      if (evaluates || result_.steps % config_.log_every == 0) log(evaluates);
      if (is_last || (config_.save_every > 0 && result_.steps % config_.save_every == 0)) save("last");
    }
    if (reached_) save("last");
    result_.seconds = whole_.seconds();
    if (best_values_.defined()) std::copy_n(best_values_.data(), best_values_.numel(), params_.mutable_values());
    return result_;
  }

 private:
  void take_step(int64_t step) {
    double loss = 0, accuracy = 0;
    const double share = 1 / static_cast<double>(config_.accumulate);
    for (int64_t part = 0; part < config_.accumulate; ++part) {
      const Rng before = dropout_;
      const TaskLoss result = task_.loss(step, part, dropout_);
      const double value = static_cast<double>(result.loss.item());
      if (!std::isfinite(value)) explain_nan(params_, task_, step, part, before, value);
      backward({result.loss}, {Tensor::full(result.loss.shape(), static_cast<real>(share))});
      loss += value * share;
      accuracy += result.accuracy * share;
    }
    adam_.set_lr(schedule_(step));
    const double norm = update(step);
    window_.add(loss, accuracy, norm);
    const double rate = static_cast<double>(window_.steps) * task_.tokens_per_step / window_.seconds();
    progress_.step(step + 1, loss, accuracy, norm, rate);
  }

  double update(int64_t step) {
    try {
      return adam_.step();
    } catch (const Error& error) {
      fail("train: at step {}: {}", step + 1, error.what());
    }
  }

  // Writes a line of the metrics, after a validation where it is time for one.
  void log(bool evaluates) {
    MetricsRow row = window_.row(result_.steps, adam_.lr(), task_.tokens_per_step);
    row.seconds = whole_.seconds();
    if (evaluates) {
      const Evaluation now = task_.validate();
      row.val_loss = now.loss;
      row.val_accuracy = now.accuracy;
      const bool is_best = !best_values_.defined() || now.accuracy > result_.best.accuracy ||
                           (now.accuracy == result_.best.accuracy && now.loss < result_.best.loss);
      if (is_best) {
        result_.best = now;
        result_.best_step = result_.steps;
        best_values_ = params_.values().clone();
        save("model");
      }
      progress_.say(fmt::format("step {}: validation loss {:.4f}, accuracy {:.2f} %{}", result_.steps, now.loss,
                                100 * now.accuracy, is_best ? "  (best so far)" : ""));
      reached_ = config_.stop_at > 0 && now.accuracy >= config_.stop_at;
    }
    if (metrics_) metrics_->write(row);
    window_ = Window();
  }

  void save(const std::string& name) const {
    if (!folder_.empty()) save_params(params_, folder_ + "/" + name + ".safetensors");
  }

  const TrainConfig& config_;
  const Params& params_;
  const Task& task_;
  std::string folder_;
  AdamW adam_;
  Schedule schedule_;
  std::unique_ptr<Metrics> metrics_;
  Progress progress_;
  Rng dropout_;
  Window window_, whole_;
  Tensor best_values_;
  TrainResult result_;
  bool reached_ = false;
};

}  // namespace

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

TrainResult train(const TrainConfig& config, const Params& params, const Task& task, const std::string& folder,
                  std::FILE* progress) {
  check_options(config);
  return Loop(config, params, task, folder, progress).run();
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
