#include "../../../ops/attention/attention.h"

#include "../../../ops/indexing/slice.h"
#include "../../../tools/check/oracles.h"
#include "../../same_bits.h"

using namespace scangrad;

namespace {

// The equations in plain loops, in double.
Tensor plain_attention(const Tensor& qkv, const AttentionCase& c) {
  const std::vector<double> in(qkv.data(), qkv.data() + qkv.numel());
  const std::vector<double> exact = attention_of(in.data(), c);
  Tensor y({c.B, c.T, c.D});
  std::copy(exact.begin(), exact.end(), y.mutable_data());
  return y;
}

// Whole rows, resets, lengths.
std::vector<Boundaries> boundaries(int64_t B, int64_t T) {
  Ids mask({B, T});
  for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i == T / 2 || (T > 1 && i == B * T - 1);
  std::vector<int64_t> lengths(size_t(B), T);
  lengths[0] = T - 1;
  return {Boundaries(), Boundaries::reset(mask), Boundaries::lengths(lengths)};
}

KvCache cache_of(int64_t streams, int64_t P, int64_t D) {
  KvCache cache{random_tensor({streams, P, 2 * D}, 8), std::vector<int64_t>(size_t(streams), P)};
  cache.lengths[0] = P - 1;
  return cache;
}

}  // namespace

TEST_CASE("attention: a case worked by hand") {
  // d = 1. The first step sees itself; the second has scores 1 * ln 3 and 1 * 0: P = (3/4, 1/4).
  const real ln3 = std::log(real(3));
  const Tensor qkv = leaf(Tensor({1, 2, 3}, {5, ln3, 8, 1, 0, 4}));
  const Tensor y = attention(qkv, 1);
  CHECK(relative_error(y, Tensor({1, 2, 1}, {8, 7})) < 1e-6);
  backward({y}, {Tensor({1, 2, 1}, {1, 2})});
  // dv = (1 + 2 * 3/4, 2 * 1/4); dS = P (2 v - 2 * 7) = (3/2, -3/2); dq = dS . k; dk = dS q.
  const Tensor expected({1, 2, 3}, {0, real(1.5), real(2.5), real(1.5) * ln3, real(-1.5), real(0.5)});
  CHECK(relative_error(qkv.grad(), expected) < 1e-6);

  // With one step before that weighs as much as both together.
  const KvCache cache{Tensor({1, 2, 2}, {std::log(real(4)), 1, 0, 0}), {1}};
  CHECK(attention(qkv, 1, cache).data()[1] == doctest::Approx(4));
}

TEST_CASE("attention: gradients equal central differences") {
  for (const auto& [B, T, d, heads] : {std::array<int64_t, 4>{1, 1, 1, 1}, {2, 5, 3, 2}, {1, 3, 1, 3}, {1, 70, 1, 2}}) {
    const int64_t D = d * heads, P = T == 70 ? 67 : 3;
    const Tensor qkv = random_tensor({B, T, 3 * D}, 1, -2, 2);
    const KvCache cache = cache_of(B, P, D);
    for (const Boundaries& at : boundaries(B, T))
      for (const real p : {real(0), real(0.3)}) {
        const auto f = [&, n = heads](const std::vector<Tensor>& in) {
          Rng rng(3);
          return attention(in[0], n, {in[1], cache.lengths}, at, p, &rng);
        };
        CHECK(gradcheck(f, {qkv, cache.keys_and_values}) < kGradTolerance);
        if (T < 70) CHECK(gradcheck(f, {qkv, Tensor()}) < kGradTolerance);
      }
  }
  const Boundaries packed = Boundaries::packed({0, 2, 2, 7});
  const KvCache cache = cache_of(3, 2, 4);
  const auto f = [&](const std::vector<Tensor>& in) { return attention(in[0], 2, {in[1], cache.lengths}, packed); };
  CHECK(gradcheck(f, {random_tensor({1, 7, 12}, 1), cache.keys_and_values}) < kGradTolerance);
}

TEST_CASE("attention: constant values give that constant, however large the scores") {
  Tensor qkv = random_tensor({2, 130, 12}, 1, -300, 300);
  for (int64_t i = 0; i < 2 * 130 * 4; ++i) qkv.mutable_data()[i / 4 * 12 + 8 + i % 4] = 3;
  CHECK(relative_error(attention(qkv, 2), Tensor::full({2, 130, 4}, 3)) < (kDouble ? 1e-14 : 1e-6));
}

TEST_CASE("attention: a step does not depend on later steps") {
  const Tensor qkv = random_tensor({1, 100, 6}, 1);
  for (const int64_t t : {0, 63, 64, 80}) {
    Tensor changed = qkv.clone();
    for (int64_t i = (t + 1) * 6; i < 600; ++i) changed.mutable_data()[i] = 7;
    const Tensor a = attention(qkv, 2), b = attention(changed, 2);
    CHECK(same_bits(slice(a, 1, 0, t + 1), slice(b, 1, 0, t + 1)));
    CHECK(!same_bits(slice(a, 1, t + 1, 100), slice(b, 1, t + 1, 100)));
  }
}

TEST_CASE("attention: tiles equal the plain double loop") {
  for (const auto& [B, T, d, heads, P] : {std::array<int64_t, 5>{1, 1, 1, 1, 2}, {2, 64, 8, 2, 64}, {3, 131, 5, 3, 70}})
    for (const Boundaries& at : boundaries(B, T)) {
      const Tensor qkv = random_tensor({B, T, 3 * d * heads}, 1, -3, 3);
      const KvCache cache = cache_of(B, P, d * heads);
      const double tolerance = kDouble ? 1e-14 : 2e-6;
      for (const KvCache& before : {KvCache(), cache}) {
        const Tensor plain = plain_attention(qkv, {B, T, d * heads, heads, at, before});
        CHECK(relative_error(attention(qkv, heads, before, at), plain) < tolerance);
      }
    }
}

TEST_CASE("attention: two parts with the cache between them equal one pass") {
  const Tensor qkv = random_tensor({2, 150, 12}, 1, -2, 2), whole = attention(qkv, 2);
  for (const int64_t cut : {1, 64, 100, 149}) {
    const Tensor first = slice(qkv, 1, 0, cut), second = slice(qkv, 1, cut, 150);
    const Tensor y = attention(second, 2, extended({}, first));
    CHECK(relative_error(y, slice(whole, 1, cut, 150)) < (kDouble ? 1e-14 : 1e-6));
  }
}

TEST_CASE("attention: packed, padded and separate sequences agree to the last bit") {
  const std::vector<int64_t> cu{0, 5, 6, 136, 138};
  const Tensor qkv = random_tensor({1, 138, 12}, 1), up = random_tensor({1, 138, 4}, 2);
  const Tensor together = leaf(qkv.clone());
  const Tensor packed = attention(together, 2, {}, Boundaries::packed(cu));
  backward({packed}, {up});
  for (size_t i = 0; i + 1 < cu.size(); ++i) {
    const int64_t n = cu[i + 1] - cu[i];
    const Tensor alone = leaf(slice(qkv, 1, cu[i], cu[i + 1]));
    const Tensor y = attention(alone, 2);
    backward({y}, {slice(up, 1, cu[i], cu[i + 1])});
    CHECK(same_bits(y, slice(packed, 1, cu[i], cu[i + 1])));
    CHECK(same_bits(alone.grad(), slice(together.grad(), 1, cu[i], cu[i + 1])));

    Tensor longer = Tensor::full({1, 140, 12}, 2);
    std::copy_n(alone.data(), n * 12, longer.mutable_data());
    Tensor dy = Tensor::full({1, 140, 4}, 5);  // at padding it must not count
    std::copy_n(up.data() + cu[i] * 4, n * 4, dy.mutable_data());
    const Tensor padded = leaf(longer);
    const Tensor z = attention(padded, 2, {}, Boundaries::lengths({n}));
    backward({z}, {dy});
    CHECK(same_bits(slice(z, 1, 0, n), y));
    CHECK(same_bits(slice(padded.grad(), 1, 0, n), alone.grad()));
    CHECK(same_bits(slice(z, 1, n, 140), Tensor::zeros({1, 140 - n, 4})));
    CHECK(same_bits(slice(padded.grad(), 1, n, 140), Tensor::zeros({1, 140 - n, 12})));
  }
}

TEST_CASE("attention: dropout follows rng's position and the indices") {
  const int64_t B = 2, T = 70, heads = 2, P = 5;
  const real p = real(0.3);
  const Tensor qkv = random_tensor({B, T, 12}, 1);
  const KvCache cache = cache_of(B, P, 4);
  Rng rng(5);
  rng.skip(3);
  const Rng start = rng;
  const Tensor y = attention(qkv, heads, cache, {}, p, &rng);
  const int64_t tiles = 1 + 2;  // of the cache and of the batch, 64 keys each
  CHECK(rng.offset() == start.offset() + uint64_t(B * heads * tiles * T * 64));
  const auto mask = [&](int64_t row, int64_t head, int64_t query, bool past, int64_t key) {
    const int64_t tile = (row * heads + head) * tiles + (past ? key / 64 : 1 + key / 64);
    const int64_t first = query / 64 * 64, queries = std::min<int64_t>(64, T - first);  // of the query's tile
    const int64_t index = (tile * T + first) * 64 + key % 64 * queries + query - first;
    const uint32_t word = start.word_at(uint64_t(index));
    return word < uint32_t(double(p) * 0x1p32) ? 0.0 : 1 / (1 - double(p));
  };
  CHECK(relative_error(y, plain_attention(qkv, {B, T, 4, heads, {}, cache, mask})) < (kDouble ? 1e-14 : 1e-6));

  Rng again = start;
  CHECK(same_bits(attention(qkv, heads, cache, {}, p, &again), y));
  CHECK(!same_bits(attention(qkv, heads, cache, {}, p, &again), y));
  const uint64_t before = again.offset();
  CHECK(same_bits(attention(qkv, heads, cache, {}, 0, &again), attention(qkv, heads, cache)));
  CHECK(again.offset() == before);
}

TEST_CASE("attention: any number of threads gives the same bits") {
  const auto f = [](const std::vector<Tensor>& in) {
    Rng rng(4);
    return std::vector<Tensor>{attention(in[0], 4, {}, {}, real(0.1), &rng)};
  };
  check_threads(f, {random_tensor({3, 200, 96}, 1)});
}

TEST_CASE("attention: errors name wrong arguments") {
  const Tensor qkv = Tensor::zeros({2, 5, 12});
  CHECK(error_of([] {
          attention(Tensor::zeros({5, 12}), 1);
        }) == "attention: qkv has shape [5, 12], but (B, T, 3 D) is needed");
  CHECK(error_of([&] { attention(qkv, 3); }) == "attention: heads is 3, but a divisor of 4 channels is needed");
  CHECK(error_of([&] { attention(qkv, 0); }) == "attention: heads is 0, but a divisor of 4 channels is needed");
  CHECK(error_of([&] { attention(qkv, 2, {}, {}, 1); }) ==
        "attention: dropout is 1, but at least 0 and less than 1 is needed");
  CHECK(error_of([&] {
          attention(qkv, 2, {Tensor::zeros({2, 3, 7}), {0, 0}});
        }) == "attention: cache has shape [2, 3, 7], but (2, P, 8) is needed");
}

TEST_CASE("attention: reverse is refused") {
  CHECK(error_of([] {
          attention(Tensor::zeros({1, 2, 6}), 1, {}, Boundaries().reversed());
        }) == "attention: sequences run in reverse, but only forward is possible");
}
