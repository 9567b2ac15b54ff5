#include "mixer.h"

#include <cmath>
#include <functional>
#include <utility>

#include "../core/check.h"
#include "../core/text.h"
#include "attention.h"
#include "elman.h"
#include "gru.h"
#include "lstm.h"
#include "mamba.h"
#include "min_gru.h"
#include "min_lstm.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

template <class Layer>
std::unique_ptr<Mixer> make(const Params& params, const MixerConfig& config) {
  return std::make_unique<Layer>(params, config);
}

using Maker = std::unique_ptr<Mixer> (*)(const Params&, const MixerConfig&);
const std::vector<std::pair<std::string, Maker>> kMixers = {
    {"mingru", make<MinGru>}, {"minlstm", make<MinLstm>}, {"mamba", make<Mamba>}, {"attention", make<Attention>},
    {"gru", make<Gru>},       {"lstm", make<Lstm>},       {"elman", make<Elman>},
};

}  // namespace

std::vector<std::string> mixer_names() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : kMixers) names.push_back(name);
  return names;
}

std::unique_ptr<Mixer> make_mixer(const std::string& name, const Params& params, const MixerConfig& config) {
  for (const auto& [known, maker] : kMixers)
    if (known == name) return maker(params, config);
  fail("mixer: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(mixer_names()),
       nearest(name, mixer_names()));
}

int64_t inner_channels(const std::string& unit, const MixerConfig& config) {
  check(config.dim >= 1, "{}: dim is {}, but at least 1 is needed", unit, config.dim);
  const double inner = config.expansion * static_cast<double>(config.dim);
  check(inner >= 1 && inner == std::floor(inner) && inner < 1e9,
        "{}: expansion is {} at dim {}, but expansion * dim must be a whole number of channels", unit, config.expansion,
        config.dim);
  return static_cast<int64_t>(inner);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
