#include "best_weights.h"

#include "../../core/error.h"
#include "../../nn/saved_params.h"

namespace scangrad::SCANGRAD_PRECISION {

BestWeights::BestWeights(const Params& params, const std::string& file) : params_(params), file_(file) {}

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
