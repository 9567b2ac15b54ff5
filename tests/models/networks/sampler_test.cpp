#include "../../../models/networks/sampler.h"

#include <limits>
#include <map>

#include "../../testing.h"

using namespace scangrad;

namespace {

// How often each token comes in so many draws.
std::map<int32_t, double> shares(const std::vector<real>& logits, const SamplerOptions& options, int draws = 40'000) {
  std::map<int32_t, double> result;
  Rng rng(3);
  for (int i = 0; i < draws; ++i)
    result[sample_token(logits.data(), static_cast<int64_t>(logits.size()), options, rng)] += 1.0 / draws;
  return result;
}

const std::vector<real> kLogits{std::log(real(0.1)), std::log(real(0.6)), std::log(real(0.3))};

}  // namespace

TEST_CASE("sampler: tokens come as often as their probability says") {
  const auto plain = shares(kLogits, {.temperature = 1, .top_k = 0});
  CHECK(std::abs(plain.at(0) - 0.1) < 0.01);
  CHECK(std::abs(plain.at(1) - 0.6) < 0.01);
  const auto sharp = shares(kLogits, {.temperature = 0.5, .top_k = 0});  // squares: 1, 36, 9 of 46
  CHECK(std::abs(sharp.at(1) - 36.0 / 46) < 0.01);
}

TEST_CASE("sampler: temperature 0 takes the largest, the first of several") {
  Rng rng(1);
  const std::vector<real> logits{1, 5, 5, 2};
  for (int i = 0; i < 10; ++i) CHECK(sample_token(logits.data(), 4, {.temperature = 0}, rng) == 1);
}

TEST_CASE("sampler: top_k and top_p exclude the other tokens") {
  const auto two = shares(kLogits, {.temperature = 1, .top_k = 2});
  CHECK(two.size() == 2);
  CHECK(std::abs(two.at(1) - 2.0 / 3) < 0.01);
  const auto nucleus = shares(kLogits, {.temperature = 1, .top_k = 0, .top_p = 0.61});
  CHECK(nucleus.size() == 2);
  CHECK(nucleus.count(0) == 0);
  CHECK(shares(kLogits, {.temperature = 1, .top_k = 0, .top_p = 0.6}).size() == 1);
  CHECK(shares(kLogits, {.temperature = 1, .top_k = 100}).size() == 3);
}

TEST_CASE("sampler: errors name impossible options") {
  CHECK(error_of([] { check_options(SamplerOptions{.temperature = -1}); }) ==
        "sampler: temperature is -1, but at least 0 is needed");
  CHECK(error_of([] { check_options(SamplerOptions{.top_k = -1}); }) ==
        "sampler: top_k is -1, but at least 0 is needed");
  CHECK(error_of([] { check_options(SamplerOptions{.top_p = 0}); }) ==
        "sampler: top_p is 0, but more than 0 and at most 1 is needed");
}

TEST_CASE("sampler: logits of a network that diverged are named") {
  Rng rng(1);
  const std::vector<real> logits{1, std::numeric_limits<real>::quiet_NaN()};
  CHECK(error_of([&] { sample_token(logits.data(), 2, {.top_p = 0.5}, rng); }) ==
        "sampler: logit of token 1 is nan, but a finite number is needed");
}
