#include "../../../ops/losses/accuracy.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("accuracy: the fraction of positions whose largest logit is the target's") {
  const Tensor logits({2, 2, 3}, {0, 1, 2, 5, 4, 3, -1, 0, -2, 7, 8, 9});  // largest: 2, 0, 1, 2
  CHECK(accuracy(logits, Ids({2, 2}, {2, 0, 1, 2})) == 1);
  CHECK(accuracy(logits, Ids({2, 2}, {2, 1, 1, 0})) == 0.5);
  CHECK(accuracy(logits, Ids({2, 2}, {0, 1, 2, 0})) == 0);
}

TEST_CASE("accuracy: ignored and masked positions do not count") {
  const Tensor logits({3, 2}, {1, 0, 1, 0, 1, 0});
  CHECK(accuracy(logits, Ids({3}, {0, 1, -1})) == 0.5);
  CHECK(accuracy(logits, Ids({3}, {0, 1, 1}), {.mask = Ids({3}, {1, 0, 0})}) == 1);
}

TEST_CASE("accuracy: the first of several equal largest logits counts") {
  const Tensor logits({1, 3}, {1, 2, 2});
  CHECK(accuracy(logits, Ids({1}, {1})) == 1);
  CHECK(accuracy(logits, Ids({1}, {2})) == 0);
}

TEST_CASE("accuracy: one right row among many is counted with any number of threads") {
  const int64_t N = 5000;
  Tensor logits = Tensor::zeros({N, 8});
  for (const int64_t n : {0, 1, 2222, 4999}) logits.mutable_data()[n * 8 + 5] = 1;
  Ids targets({N});
  std::fill_n(targets.data(), N, 5);
  for (const int count : {1, 2, 3}) {
    const WithThreads scope(count);
    CHECK(accuracy(logits, targets) == 4.0 / 5000);
  }
}

TEST_CASE("accuracy: errors name wrong arguments") {
  CHECK(error_of([] {
          accuracy(Tensor::zeros({2, 3}), Ids({1}, {0}));
        }) == "accuracy: targets has shape [1], but [2] is needed");
}
