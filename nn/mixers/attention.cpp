#include "attention.h"

#include <cmath>
#include <utility>

#include "../../core/check.h"
#include "../../ops/attention/attention.h"
#include "../../ops/dropout.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr double kStddev = 0.02;
constexpr const char* kCache = "keys_and_values";  // in the state, with "length"

// Each block adds to the residual stream twice: so many small terms have the variance of one.
double out_stddev(const MixerConfig& config) {
  check(config.layers >= 1, "attention: layers is {}, but at least 1 is needed", config.layers);
  return kStddev / std::sqrt(2 * static_cast<double>(config.layers));
}

KvCache cache_of(State& state) {
  const Tensor lengths = state["length"];
  KvCache cache{state[kCache], {}};
  check(cache.keys_and_values.defined() || !lengths.defined(),
        "attention: the state has a length, but no {}: it is of a version before 0.2.0", kCache);
  for (int64_t i = 0; i < lengths.numel(); ++i) cache.lengths.push_back(std::llround(lengths.data()[i]));
  return cache;
}

void keep(State& state, const KvCache& cache) {
  state[kCache] = cache.keys_and_values;
  state["length"] = Tensor(Shape{static_cast<int64_t>(cache.lengths.size())},
                           std::vector<real>(cache.lengths.begin(), cache.lengths.end()));
}

}  // namespace

OptionList Attention::options() {
  return {{"heads", 1, "heads, each of dim / heads channels"}};
}

Attention::Attention(const Params& params, const MixerConfig& config)
    : heads_(complete("attention", options(), config.options).get<int64_t>("heads")),
      dropout_(static_cast<real>(config.dropout)),
      to_qkv_(params / "to_qkv", config.dim, 3 * config.dim, {.stddev = kStddev}),
      to_out_(params / "to_out", config.dim, config.dim, {.stddev = out_stddev(config)}) {
  check(heads_ >= 1 && config.dim % heads_ == 0, "attention: heads is {}, but a divisor of dim, {}, is needed", heads_,
        config.dim);
  check(config.dropout >= 0 && config.dropout < 1, "attention: dropout is {}, but 0 to below 1 is needed",
        config.dropout);
}

Tensor Attention::operator()(const Tensor& x, State& state, const Boundaries& at, Rng* training) const {
  KvCache cache = cache_of(state);
  const Tensor qkv = to_qkv_(x);
  const Tensor y = to_out_(attention(qkv, heads_, cache, at, dropout_, training));
  state[kCache] = Tensor();  // so that `cache` is the only handle, and its memory can be extended
  keep(state, extended(std::move(cache), qkv, at));
  return training != nullptr ? dropout(y, dropout_, *training) : y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
