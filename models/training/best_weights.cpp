#include "best_weights.h"

#include <cmath>

#include "../../core/error.h"
#include "../../nn/saved_params.h"

namespace scangrad::SCANGRAD_PRECISION {

BestWeights::BestWeights(const Params& params, const std::string& file) : params_(params), file_(file) {}

bool BestWeights::judge(LoopState& loop, const Evaluation& now, bool by_loss) {
  forget_lost(loop);
  const std::pair accuracy_now{-now.accuracy, now.loss}, best_accuracy{-loop.best_accuracy, loop.best_loss};
  const std::pair loss_now{now.loss, -now.accuracy}, best_loss{loop.best_loss, -loop.best_accuracy};
  const bool is_better = loop.best_step == 0 || (by_loss ? loss_now < best_loss : accuracy_now < best_accuracy);
  if (!is_better || !std::isfinite(now.loss)) return false;
  loop.best_step = loop.step;
  loop.best_loss = now.loss;
  loop.best_accuracy = now.accuracy;
  keep(loop.step);
  return true;
}

void BestWeights::forget_lost(LoopState& loop) const {
  if (!are_of(loop.best_step)) loop.best_step = 0;
}

void BestWeights::keep(int64_t step) {
  step_ = step;
  if (!file_.empty()) return save_params(params_, file_, {{"step", std::to_string(step)}});
  kept_.clear();
  for (const auto& [name, tensor] : params_.saved()) kept_.push_back(tensor.clone());
}

bool BestWeights::are_of(int64_t step) const {
  if (step == 0) return true;
  if (file_.empty()) return step == step_;
  try {
    const auto metadata = SafetensorsFile(file_).metadata();
    const auto found = metadata.find("step");
    return found == metadata.end() || found->second == std::to_string(step);
  } catch (const Error&) {
    return false;
  }
}

void BestWeights::restore() const {
  if (!file_.empty()) return load_params(params_, SafetensorsFile(file_));
  std::vector<std::pair<std::string, Tensor>> now = params_.saved();
  for (size_t i = 0; i < kept_.size(); ++i) now[i].second.copy_from(kept_[i]);
}

}  // namespace scangrad::SCANGRAD_PRECISION
