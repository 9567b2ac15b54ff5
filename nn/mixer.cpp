#include "mixer.h"

#include <cmath>
#include <functional>
#include <utility>

#include "../core/check.h"
#include "../core/files/text.h"
#include "min_gru.h"
#include "mixers/attention.h"
#include "mixers/elman.h"
#include "mixers/gru.h"
#include "mixers/lstm.h"
#include "mixers/mamba.h"
#include "mixers/min_lstm.h"

namespace scangrad::SCANGRAD_PRECISION {
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
  return multiple_of_dim(unit + ": expansion", config.expansion, config.dim);
}

int64_t multiple_of_dim(const std::string& what, double factor, int64_t dim) {
  const double channels = factor * static_cast<double>(dim), whole = std::round(channels);
  constexpr double kMost = 1e9;
  check(whole >= 1 && std::abs(channels - whole) <= 1e-9 * whole && whole <= kMost,
        "{} is {} at dim {}, but {} * dim must be a whole number of channels, 1 to {}", what, factor, dim,
        what.substr(what.rfind(' ') + 1), static_cast<int64_t>(kMost));
  return static_cast<int64_t>(whole);
}

}  // namespace scangrad::SCANGRAD_PRECISION
