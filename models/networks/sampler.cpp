#include "sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "../../core/check.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {

void check_options(const SamplerOptions& options) {
  check(options.temperature >= 0 && std::isfinite(options.temperature),
        "sampler: temperature is {}, but at least 0 is needed", options.temperature);
  check(options.top_k >= 0, "sampler: top_k is {}, but at least 0 is needed", options.top_k);
  check(options.top_p > 0 && options.top_p <= 1, "sampler: top_p is {}, but more than 0 and at most 1 is needed",
        options.top_p);
}

int32_t sample_token(const real* logits, int64_t vocab, const SamplerOptions& options, Rng& rng) {
  for (int64_t id = 0; id < vocab; ++id)
    check(std::isfinite(logits[id]), "sampler: logit of token {} is {}, but a finite number is needed", id,
          number_text(static_cast<double>(logits[id])));
  std::vector<int32_t> ids(static_cast<size_t>(vocab));
  std::iota(ids.begin(), ids.end(), 0);
  const auto larger = [logits](int32_t a, int32_t b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  };
  if (options.temperature == 0) return *std::min_element(ids.begin(), ids.end(), larger);
  size_t kept = options.top_k > 0 ? static_cast<size_t>(std::min(options.top_k, vocab)) : ids.size();
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end(), larger);

  std::vector<double> weights;
  for (size_t i = 0; i < kept; ++i)
    weights.push_back(std::exp(static_cast<double>(logits[ids[i]] - logits[ids[0]]) / options.temperature));
  double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (options.top_p < 1) {
    double sum = 0;
    for (kept = 0; kept < weights.size() && sum < options.top_p * total; ++kept) sum += weights[kept];
    total = sum;
  }
  // 48 random bits: enough for the rarest token of a large vocabulary.
  const double high = rng.word(), low = rng.word() >> 16;
  double left = (high * 0x1p-32 + low * 0x1p-48) * total;
  for (size_t i = 0; i + 1 < kept; ++i) {
    left -= weights[i];
    if (left < 0) return ids[i];
  }
  return ids[kept - 1];
}

}  // namespace scangrad::SCANGRAD_PRECISION
