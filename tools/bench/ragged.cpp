// scangrad bench ragged: how much time boundaries between sequences save and cost in a training step.
//
//   scangrad bench ragged
//   ...
//   64 sequences packed in one row of ...
//
// First, sequences of 16 to 1,024 steps, most of them short, as texts and measurements usually are: padded to the
// longest one, or packed one after the other in one row. Both must have the same loss. Then a full batch with a reset
// mask, which starts a sequence every 200 steps on average, and without: a training step, and the fused scan alone. The
// two variants are measured alternately, and medians are printed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "../../core/autograd.h"
#include "../../models/networks/language_model.h"
#include "../../nn/training/adamw.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/losses/cross_entropy.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr int64_t kVocab = 64, kLongest = 1'024;

// The median seconds of both, measured alternately.
std::pair<double, double> in_turn(const std::function<void()>& one, const std::function<void()>& two) {
  constexpr size_t kRounds = 15;
  std::vector<double> ones, twos;
  for (size_t i = 0; i < kRounds; ++i) {
    ones.push_back(median_seconds(one, 0, 1));
    twos.push_back(median_seconds(two, 0, 1));
  }
  const auto middle = [](std::vector<double>& times) {
    std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
    return times[kRounds / 2];
  };
  return {middle(ones), middle(twos)};
}

// 16 to 1,024 steps, exponentially distributed, about 200 on average.
std::vector<int64_t> ragged_lengths(int64_t count) {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < count; ++i) {
    const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    lengths.push_back(std::min(kLongest, 16 + std::lround(-184 * std::log(1 - u))));
  }
  lengths.back() = kLongest;
  return lengths;
}

// A training step of the paper's copying network.
class Trainer {
 public:
  double step(const Ids& ids, const Ids& targets, const Boundaries& at) {
    State state = model_.start(at.streams(ids.size(0)));
    const Tensor loss = cross_entropy(model_(ids, state, at), targets);
    loss.backward();
    adam_.step();
    return static_cast<double>(loss.item());
  }

 private:
  Params params_{1};
  LanguageModel model_{params_, {.vocab = kVocab}};
  AdamW adam_{params_, {.lr = 1e-3}};
};

void bench_packing(int64_t count) {
  const std::vector<int64_t> lengths = ragged_lengths(count);
  std::vector<int64_t> ends{0};
  for (const int64_t n : lengths) ends.push_back(ends.back() + n);
  const int64_t total = ends.back();
  const Ids packed = random_ids({1, total}, kVocab);
  Ids padded({count, kLongest}), packed_targets({1, total}), padded_targets({count, kLongest});
  std::fill_n(padded_targets.data(), padded_targets.numel(), -1);  // padding does not count
  std::copy_n(packed.data(), total, packed_targets.data());
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int32_t* const from = packed.data() + ends[i];
    std::copy_n(from, lengths[i], padded.data() + static_cast<int64_t>(i) * kLongest);
    std::copy_n(from, lengths[i], padded_targets.data() + static_cast<int64_t>(i) * kLongest);
  }
  const Boundaries pads = Boundaries::lengths(lengths), packs = Boundaries::packed(ends);
  const double difference =
      Trainer().step(padded, padded_targets, pads) - Trainer().step(packed, packed_targets, packs);
  Trainer one, two;
  const auto [padding, packing] =
      in_turn([&] { one.step(padded, padded_targets, pads); }, [&] { two.step(packed, packed_targets, packs); });
  fmt::print("{} sequences of {} to {} steps, {:.0f} on average\n", count, lengths.front(), kLongest,
             static_cast<double>(total) / static_cast<double>(count));
  fmt::print("  step, padded to the longest   {:8.1f} ms\n", padding * 1e3);
  fmt::print("  step, packed in one row       {:8.1f} ms   {:.1f} times faster; losses differ by {:.1e}\n",
             packing * 1e3, padding / packing, std::abs(difference));
}

void print_cost(const char* what, const std::pair<double, double>& seconds) {
  fmt::print("  {:<12} {:8.2f} ms without, {:8.2f} ms with resets: {:+.1f} %\n", what, seconds.first * 1e3,
             seconds.second * 1e3, 100 * (seconds.second / seconds.first - 1));
}

void bench_resets(int64_t B, int64_t T) {
  Ids mask = random_ids({B, T}, 200);
  for (int64_t i = 0; i < mask.numel(); ++i) mask.data()[i] = mask.data()[i] == 0;
  const Boundaries none, resets = Boundaries::reset(mask);
  fmt::print("a full batch of {} x {}, {} resets\n", B, T, std::accumulate(mask.data(), mask.data() + mask.numel(), 0));
  const Ids ids = random_ids({B, T}, kVocab);
  Trainer one, two;
  print_cost("step", in_turn([&] { one.step(ids, ids, none); }, [&] { two.step(ids, ids, resets); }));
  constexpr int64_t E = 384;
  Tensor projection = random_normal({B, T, 2 * E}, 1);
  projection.set_requires_grad(true);
  const Tensor dh = random_normal({B, T, E}, 2);
  const auto scan = [&](const Boundaries& at) {
    projection.zero_grad();
    backward({min_gru_scan(projection, {}, Candidate::kG, at)}, {dh});
  };
  print_cost("scan alone", in_turn([&] { scan(none); }, [&] { scan(resets); }));
}

}  // namespace

int bench_ragged() {
  print_machine();
  bench_packing(64);
  bench_resets(16, kLongest);
  return 0;
}

}  // namespace scangrad_tools
