#include "../../../ops/attention/kv_cache.h"

#include "../../../ops/indexing/slice.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("kv_cache: a case worked by hand") {
  // Two streams, D = 1: a step is (q, k, v).
  const Tensor qkv({2, 2, 3}, {9, 1, 2, 9, 3, 4, 9, 5, 6, 9, 7, 8});
  const KvCache one = extended({}, qkv, Boundaries::lengths({2, 1}));
  CHECK(one.lengths == std::vector<int64_t>{2, 1});
  CHECK(one.keys_and_values.values() == std::vector<real>{1, 2, 3, 4, 5, 6, 0, 0});

  const KvCache two = extended(one, qkv, Boundaries::reset(Ids({2, 2}, {0, 1, 0, 0})));
  CHECK(two.lengths == std::vector<int64_t>{1, 3});
  CHECK(two.keys_and_values.values() == std::vector<real>{3, 4, 0, 0, 0, 0, 5, 6, 5, 6, 7, 8});

  const KvCache packed = extended(one, qkv.reshape({1, 4, 3}), Boundaries::packed({0, 0, 4}));
  CHECK(packed.lengths == std::vector<int64_t>{2, 5});
  CHECK(packed.keys_and_values.values() ==
        std::vector<real>{1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("kv_cache: gradients equal central differences") {
  for (const auto& [B, T, D] : {std::array<int64_t, 3>{1, 1, 1}, {2, 5, 3}}) {
    Ids mask({B, T});
    for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i == 3;
    std::vector<int64_t> lengths(size_t(B), T), cached(size_t(B), 2);
    lengths[0] = T - 1;
    cached[0] = 1;
    for (const Boundaries& at : {Boundaries(), Boundaries::reset(mask), Boundaries::lengths(lengths)}) {
      const auto f = [&](const std::vector<Tensor>& in) {
        return extended({in[1], cached}, in[0], at).keys_and_values;
      };
      CHECK(gradcheck(f, {random_tensor({B, T, 3 * D}, 1), random_tensor({B, 2, 2 * D}, 2)}) < kGradTolerance);
    }
  }
}

TEST_CASE("kv_cache: steps one by one fill it as the whole sequence does, with and without a graph") {
  for (const bool has_graph : {false, true}) {
    const Tensor qkv = has_graph ? leaf(random_tensor({2, 5, 9}, 1)) : random_tensor({2, 5, 9}, 1);
    KvCache cache;
    for (int64_t t = 0; t < 5; ++t) cache = extended(std::move(cache), slice(qkv, 1, t, t + 1));
    CHECK(cache.lengths == std::vector<int64_t>{5, 5});
    CHECK(cache.capacity() == 6);
    CHECK(same_bits(slice(cache.keys_and_values, 1, 0, 5), slice(qkv, 2, 3, 9)));
  }
}

TEST_CASE("kv_cache: without a graph and without another handle it grows in place") {
  const Tensor qkv = random_tensor({2, 90, 9}, 1);
  KvCache cache;
  int64_t moves = 0;
  for (int64_t t = 0; t < 90; ++t) {
    const real* const before = cache.keys_and_values.data();
    cache = extended(std::move(cache), slice(qkv, 1, t, t + 1));
    moves += cache.keys_and_values.data() != before;
  }
  CHECK(moves == 12);  // room for 1, 2, 3, 4, 6, 9, 13, 19, 28, 42, 63, 94 steps
}

TEST_CASE("kv_cache: no steps give a cache without steps") {
  const KvCache cache = extended({}, random_tensor({1, 3, 9}, 1), Boundaries::lengths({0}));
  CHECK(cache.keys_and_values.shape() == Shape{1, 0, 6});
  CHECK(cache.lengths == std::vector<int64_t>{0});
}

TEST_CASE("kv_cache: another handle keeps its numbers") {
  const Tensor qkv = random_tensor({2, 4, 9}, 1), other = random_tensor({2, 1, 9}, 2);
  KvCache cache = extended({}, qkv);
  cache = extended(std::move(cache), other);  // now there is room
  CHECK(cache.capacity() == 6);
  const KvCache kept = cache;
  const std::vector<real> numbers = kept.keys_and_values.values();
  const KvCache a = extended(kept, other), b = extended(cache, slice(qkv, 1, 0, 1));
  CHECK(kept.keys_and_values.values() == numbers);
  CHECK(same_bits(slice(a.keys_and_values, 1, 5, 6), slice(other, 2, 3, 9)));
  CHECK(same_bits(slice(b.keys_and_values, 1, 5, 6), slice(slice(qkv, 1, 0, 1), 2, 3, 9)));
}

TEST_CASE("kv_cache: memory that a program holds through its keeper is not written") {
  const Tensor qkv = random_tensor({1, 1, 3}, 1);
  KvCache cache{Tensor::zeros({1, 2, 2}), {1}};
  const std::shared_ptr<const void> held = cache.keys_and_values.keeper();  // as an array of Python does
  const real* const memory = cache.keys_and_values.data();
  cache = extended(std::move(cache), qkv);
  CHECK(cache.keys_and_values.data() != memory);
  CHECK(memory[2] == 0);
}

TEST_CASE("kv_cache: a new sequence in the same memory begins with its own steps") {
  const Tensor qkv = random_tensor({2, 3, 9}, 1), next = random_tensor({2, 2, 9}, 2);
  KvCache cache = extended({}, qkv);
  const real* const memory = cache.keys_and_values.data();
  cache = extended(std::move(cache), next, Boundaries::reset(Ids({2, 2}, {0, 1, 1, 0})));
  CHECK(cache.keys_and_values.data() == memory);
  CHECK(cache.lengths == std::vector<int64_t>{1, 2});
  const Tensor steps = slice(next, 2, 3, 9);
  CHECK(same_bits(slice(slice(cache.keys_and_values, 0, 0, 1), 1, 0, 1), slice(slice(steps, 0, 0, 1), 1, 1, 2)));
  CHECK(same_bits(slice(slice(cache.keys_and_values, 0, 1, 2), 1, 0, 2), slice(steps, 0, 1, 2)));
}

TEST_CASE("kv_cache: errors name wrong sizes") {
  const Tensor qkv = Tensor::zeros({2, 5, 12});
  CHECK(error_of([&] {
          extended({}, Tensor::zeros({2, 5, 4}));
        }) == "kv_cache: qkv has shape [2, 5, 4], but (B, T, 3 D) is needed");
  CHECK(error_of([&] {
          extended({Tensor::zeros({3, 2, 8}), {0, 0}}, qkv);
        }) == "kv_cache: cache has shape [3, 2, 8], but (2, P, 8) is needed");
  CHECK(error_of([&] {
          extended({Tensor::zeros({2, 2, 8}), {0}}, qkv);
        }) == "kv_cache: cache has 1 lengths, but 2 are needed");
  CHECK(error_of([&] {
          extended({Tensor::zeros({2, 2, 8}), {0, 3}}, qkv);
        }) == "kv_cache: cache holds 3 steps of a stream, but 0 to 2 is needed");
}

TEST_CASE("kv_cache: any number of threads gives the same bits") {
  check_threads([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{extended({}, in[0]).keys_and_values}; },
                {random_tensor({4, 90, 300}, 1)});
}

TEST_CASE("kv_cache: reverse is refused") {
  CHECK(error_of([] {
          extended({}, Tensor::zeros({1, 2, 6}), Boundaries().reversed());
        }) == "kv_cache: sequences run in reverse, but only forward is possible");
}
