#include "../../../nn/training/spike_guard.h"

#include <limits>

#include "../../../core/random.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// Losses alternate between 1 and 3: mean 2, deviation sqrt(count / (count - 1)); norms are half of them.
SpikeHistory waves(int64_t count) {
  SpikeHistory past;
  for (int64_t i = 0; i < count; ++i) {
    const double loss = i % 2 == 0 ? 1 : 3;
    CHECK(!is_spike(past, loss, loss / 2, 6));
  }
  return past;
}

bool spikes(SpikeHistory past, double loss, double norm, double deviations) {
  return is_spike(past, loss, norm, deviations);
}

}  // namespace

TEST_CASE("spike_guard: a spike is more than a given number of deviations above the mean") {
  const SpikeHistory past = waves(64);
  const double deviation = std::sqrt(64.0 / 63);
  for (const double k : {1.0, 2.5, 6.0}) {
    CHECK(!spikes(past, 2 + k * deviation - 1e-9, 1, k));
    CHECK(spikes(past, 2 + k * deviation + 1e-9, 1, k));
    CHECK(!spikes(past, 2, 1 + k * deviation / 2 - 1e-9, k));
    CHECK(spikes(past, 2, 1 + k * deviation / 2 + 1e-9, k));
  }
  CHECK(!spikes(past, -1e9, 0, 1));  // downwards is no spike
}

TEST_CASE("spike_guard: until the window is half full, only numbers that are not finite are spikes") {
  const double inf = std::numeric_limits<double>::infinity();
  const SpikeHistory few = waves(63);
  CHECK(!spikes(few, 1e9, 1e9, 1));
  for (const SpikeHistory& past : {few, waves(64), SpikeHistory()})
    for (const double bad : {inf, -inf, double(NAN), 1e200}) {
      CHECK(spikes(past, bad, 1, 6));
      CHECK(spikes(past, 1, bad, 6));
    }
}

TEST_CASE("spike_guard: finite spikes enter the history, which has 128 values") {
  SpikeHistory past = waves(128);
  CHECK(is_spike(past, 50, 1, 6));
  CHECK(is_spike(past, NAN, 1, 6));
  CHECK(is_spike(past, -1e200, 1, 6));  // nor is that one
  CHECK((past.skipped == 3 && past.in_a_row == 3));
  CHECK((past.losses.size() == 128 && past.norms.size() == 128 && past.losses.back() == 50));
  int64_t skipped = 0;
  for (int i = 0; i < 100; ++i) skipped += is_spike(past, 50, 1, 6);
  CHECK(skipped < 5);  // the level has changed
  CHECK((past.skipped == 3 + skipped && past.in_a_row == 0));
}

TEST_CASE("spike_guard: noise around a falling loss has no spikes") {
  Rng rng(3, 0);
  SpikeHistory past;
  for (int i = 0; i < 5000; ++i) {
    const double level = 4 * std::exp(-i / 500.0) + 1;
    CHECK(!is_spike(past, level + 0.1 * double(rng.normal()), 0.5 + 0.1 * double(rng.normal()), 6));
  }
}

TEST_CASE("spike_guard: a saved and loaded guard decides the same") {
  SpikeHistory past = waves(70);
  is_spike(past, 99, 1, 6);
  SpikeHistory other = spike_history(to_words(past), "test");
  CHECK((other.losses == past.losses && other.norms == past.norms && other.skipped == 1 && other.in_a_row == 1));
  CHECK(error_of([] { spike_history({1}, "test"); }) == "test: 1 words are no history of spikes");
  CHECK(error_of([] { spike_history({1, 2, 0, 0}, "test"); }) == "test: 1 spikes, 2 of them in a row, is impossible");
  CHECK(error_of([] { spike_history(std::vector<uint64_t>(260), "test"); }) ==
        "test: 260 words are no history of spikes");
}

TEST_CASE("spike_guard: an impossible history is refused") {
  const auto refused = [](const SpikeHistory& past) {
    return error_of([&] { spike_history(to_words(past), "test"); });
  };
  CHECK(refused({4, 2, {-1.5}, {0}}) == "(no error)");  // a loss may be negative
  for (const int64_t skipped : {INT64_MIN, int64_t(-1)})
    CHECK(refused({skipped, INT64_MAX, {}, {}}) == "test: " + std::to_string(static_cast<uint64_t>(skipped)) +
                                                       " spikes, 9223372036854775807 of them in a row, is impossible");
  CHECK(refused({0, 0, {1, NAN}, {1, 1}}) ==
        "test: a loss of nan and a gradient norm of 1 are in the history of spikes");
  CHECK(refused({0, 0, {1}, {1e200}}) ==
        "test: a loss of 1 and a gradient norm of 1e+200 are in the history of spikes");
  CHECK(refused({0, 0, {1}, {-2}}) == "test: a loss of 1 and a gradient norm of -2 are in the history of spikes");
  CHECK(refused({0, 0, {1}, {INFINITY}}) ==
        "test: a loss of 1 and a gradient norm of inf are in the history of spikes");
}
