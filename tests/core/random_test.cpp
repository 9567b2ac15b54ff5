#include "../../core/random.h"

#include "../testing.h"

using namespace scangrad;

TEST_CASE("random: the cipher gives the known answers of the Random123 test set") {
  using Words = std::array<uint32_t, 4>;
  constexpr uint32_t ones = 0xffffffff;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: words are the cipher of seed, stream and position") {
  Rng rng(0xa4093822'00000011, 0x13198a2e'00000007);
  rng.set_offset(uint64_t(5) << 33 | 2);
  const auto block = philox({uint32_t(1) << 31, 2, 0x00000007, 0x13198a2e}, {0x00000011, 0xa4093822});
  CHECK(rng.word() == block[2]);
  CHECK(rng.word() == block[3]);
  CHECK(rng.offset() == (uint64_t(5) << 33 | 4));
  CHECK(rng.seed() == 0xa4093822'00000011);
  CHECK(rng.stream() == 0x13198a2e'00000007);
}

TEST_CASE("random: words by index are the sequence of words") {
  for (const uint64_t start : {0, 1, 6}) {
    Rng rng(3, 4);
    rng.skip(start);
    const Rng here = rng;
    std::vector<uint32_t> together(601);
    here.words_at(together.data(), 0, 601);
    for (uint64_t i = 0; i < 601; ++i) {
      REQUIRE(here.word_at(i) == together[i]);
      REQUIRE(rng.word() == together[i]);
    }
    CHECK(here.offset() == start);
    for (const uint64_t index : {uint64_t(1), uint64_t(255), uint64_t(257)}) {
      uint32_t three[3];
      here.words_at(three, index, 3);
      for (uint64_t i = 0; i < 3; ++i) CHECK(three[i] == together[index + i]);
    }
  }
}

TEST_CASE("random: zero words are allowed") {
  uint32_t untouched = 7;
  Rng(1).words_at(&untouched, 3, 0);
  CHECK(untouched == 7);
}

TEST_CASE("random: a copy replays the same numbers, another seed or stream gives others") {
  Rng rng(11, 2);
  rng.normal();
  Rng copy = rng, seed(12, 2), stream(11, 3);
  int seed_agrees = 0, stream_agrees = 0;
  for (int i = 0; i < 100; ++i) {
    const uint32_t word = copy.word();
    CHECK(rng.word() == word);
    seed_agrees += seed.word() == word;
    stream_agrees += stream.word() == word;
  }
  CHECK(seed_agrees == 0);
  CHECK(stream_agrees == 0);
}

TEST_CASE("random: uniform numbers fill their range evenly") {
  CHECK(to_unit(0) == 0);
  CHECK(to_unit(0xffffffff) == 1 - real(0x1p-24));
  CHECK(to_unit(0x80000000) == real(0.5));
  Rng rng(1);
  int bins[10] = {};
  for (int i = 0; i < 100'000; ++i) {
    const real u = rng.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    ++bins[int(u * 10)];
  }
  // 10,000 a bin; the standard deviation is 95.
  for (const int count : bins) CHECK(std::abs(count - 10'000) < 5 * 95);
}

TEST_CASE("random: uniform numbers of an interval stay below its end") {
  Rng rng(1);
  for (int i = 0; i < 1000; ++i) {
    const real u = rng.uniform(-3, 5);
    REQUIRE(u >= -3);
    REQUIRE(u < 5);
  }
  Rng largest(1);
  largest.set_offset(25'275'781);
  REQUIRE(to_unit(largest.word_at(0)) == 1 - real(0x1p-24));  // 1 + this rounds to 2 in float
  CHECK(largest.uniform(1, 2) < 2);
}

TEST_CASE("random: normal numbers have the moments and the tails of their distribution") {
  constexpr int count = 200'000;
  Rng rng(5);
  double sum = 0, square = 0, cube = 0, fourth = 0;
  int beyond_two = 0;
  for (int i = 0; i < count; ++i) {
    const double x = double(rng.normal());
    REQUIRE(std::isfinite(x));
    sum += x;
    square += x * x;
    cube += x * x * x;
    fourth += x * x * x * x;
    beyond_two += std::abs(x) > 2;
  }
  // Five standard deviations of each mean: sqrt(1, 2, 15, 96 / count).
  const double sigma = 1 / std::sqrt(double(count));
  CHECK(std::abs(sum / count) < 5 * sigma);
  CHECK(std::abs(square / count - 1) < 5 * sigma * std::sqrt(2.0));
  CHECK(std::abs(cube / count) < 5 * sigma * std::sqrt(15.0));
  CHECK(std::abs(fourth / count - 3) < 5 * sigma * std::sqrt(96.0));
  CHECK(std::abs(beyond_two / double(count) - 0.0455) < 5 * sigma * std::sqrt(0.0455 * 0.9545));
}

TEST_CASE("random: each normal number takes two words, so its position is known in advance") {
  Rng rng(5), skipped(5);
  rng.normal();
  rng.normal();
  skipped.skip(4);
  CHECK(rng.normal() == skipped.normal());
}

TEST_CASE("random: below() is without bias and stays in bounds") {
  Rng rng(9);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) {
    const int64_t value = rng.below(7);
    REQUIRE(value >= 0);
    REQUIRE(value < 7);
    ++counts[value];
  }
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 5 * 93);
  for (int i = 0; i < 10; ++i) CHECK(rng.below(1) == 0);
  // Four words for three values: the upper half of a product alone would give every third value twice as often, and a
  // remainder the lower third of the values.
  int residues[3] = {}, thirds[3] = {};
  for (int i = 0; i < 30'000; ++i) {
    const int64_t value = rng.below(int64_t(3) << 30);
    ++residues[value % 3];
    ++thirds[value >> 30];
  }
  for (const int count : residues) CHECK(std::abs(count - 10'000) < 5 * 82);
  for (const int count : thirds) CHECK(std::abs(count - 10'000) < 5 * 82);
}

TEST_CASE("random: below 2^32 every word is a value") {
  Rng rng(2), words(2);
  for (int i = 0; i < 10; ++i) CHECK(rng.below(int64_t(1) << 32) == int64_t(words.word()));
}

TEST_CASE("random: a bound outside 1 to 2^32 is an error") {
  Rng rng(1);
  CHECK(error_of([&] { rng.below(0); }) == "random: bound is 0, but 1 to 2^32 is needed");
  CHECK(error_of([&] { rng.below(-5); }) == "random: bound is -5, but 1 to 2^32 is needed");
  CHECK(error_of([&] { rng.below((int64_t(1) << 32) + 1); }) == "random: bound is 4294967297, but 1 to 2^32 is needed");
  CHECK(rng.offset() == 0);
}
