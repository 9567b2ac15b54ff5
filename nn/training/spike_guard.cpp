#include "spike_guard.h"

#include <bit>
#include <cmath>

#include "../../core/check.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr size_t kWindow = 128, kFewest = kWindow / 2;

// Whether a step can be added to the history: squares of larger numbers could not be summed. False for NaN.
bool is_ordinary(double loss, double grad_norm) {
  constexpr double kMost = 1e150;
  return std::abs(loss) <= kMost && grad_norm >= 0 && grad_norm <= kMost;
}

bool jumps(const std::vector<double>& past, double value, double deviations) {
  if (past.size() < kFewest) return false;
  const double n = static_cast<double>(past.size());
  double mean = 0, squares = 0;
  for (const double x : past) mean += x / n;
  for (const double x : past) squares += (x - mean) * (x - mean);
  return value - mean > deviations * std::sqrt(squares / (n - 1));
}

void add(std::vector<double>& past, double value) {
  if (past.size() == kWindow) past.erase(past.begin());
  past.push_back(value);
}

}  // namespace

bool is_spike(SpikeHistory& past, double loss, double grad_norm, double deviations) {
  const bool is_known = is_ordinary(loss, grad_norm);
  const bool spikes = !is_known || jumps(past.losses, loss, deviations) || jumps(past.norms, grad_norm, deviations);
  if (is_known) {
    add(past.losses, loss);
    add(past.norms, grad_norm);
  }
  past.skipped += spikes;
  past.in_a_row = spikes ? past.in_a_row + 1 : 0;
  return spikes;
}

std::vector<uint64_t> to_words(const SpikeHistory& past) {
  std::vector<uint64_t> words{static_cast<uint64_t>(past.skipped), static_cast<uint64_t>(past.in_a_row)};
  for (const std::vector<double>* const values : {&past.losses, &past.norms})
    for (const double value : *values) words.push_back(std::bit_cast<uint64_t>(value));
  return words;
}

SpikeHistory spike_history(const std::vector<uint64_t>& words, const std::string& who) {
  check(words.size() >= 2 && words.size() % 2 == 0 && words.size() <= 2 + 2 * kWindow,
        "{}: {} words are no history of spikes", who, words.size());
  check(words[0] <= INT64_MAX && words[1] <= words[0], "{}: {} spikes, {} of them in a row, is impossible", who,
        words[0], words[1]);
  SpikeHistory past{static_cast<int64_t>(words[0]), static_cast<int64_t>(words[1]), {}, {}};
  const size_t count = words.size() / 2 - 1;
  for (size_t i = 0; i < count; ++i) {
    const auto loss = std::bit_cast<double>(words[2 + i]), norm = std::bit_cast<double>(words[2 + count + i]);
    check(is_ordinary(loss, norm), "{}: a loss of {} and a gradient norm of {} are in the history of spikes", who,
          number_text(loss), number_text(norm));
    past.losses.push_back(loss);
    past.norms.push_back(norm);
  }
  return past;
}

}  // namespace scangrad::SCANGRAD_PRECISION
