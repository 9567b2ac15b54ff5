#include "../../../ops/losses/targets.h"

#include "../../testing.h"

using namespace scangrad;

namespace {

const Tensor logits = Tensor::zeros({2, 3, 5});

CountedTargets count(const Ids& targets, const TargetOptions& options = {}, const Tensor& of = logits) {
  return counted_targets("unit", of.shape(), targets, options);
}

std::vector<int32_t> values(const Ids& ids) {
  return {ids.data(), ids.data() + ids.numel()};
}

}  // namespace

TEST_CASE("targets: all positions count unless told otherwise") {
  const CountedTargets counted = count(Ids({2, 3}, {0, 1, 2, 3, 4, 0}));
  CHECK(counted.count == 6);
  CHECK(counted.ids.shape() == Shape{2, 3});
  CHECK(values(counted.ids) == std::vector<int32_t>{0, 1, 2, 3, 4, 0});
}

TEST_CASE("targets: ignored and masked positions do not count, even with invalid targets") {
  const CountedTargets ignoring = count(Ids({2, 3}, {0, -1, 2, 3, -1, 0}));
  CHECK(ignoring.count == 4);
  CHECK(values(ignoring.ids) == std::vector<int32_t>{0, -1, 2, 3, -1, 0});

  const Ids mask({2, 3}, {1, 0, 0, 7, 1, -1});
  const CountedTargets both = count(Ids({2, 3}, {0, 1, 99, 3, 4, 0}), {.ignore_index = 4, .mask = mask});
  CHECK(both.count == 3);
  CHECK(values(both.ids) == std::vector<int32_t>{0, -1, -1, 3, -1, 0});
}

TEST_CASE("targets: errors name wrong arguments") {
  const Ids targets({2, 3}, {0, 0, 0, 0, 0, 5});
  CHECK(error_of([&] { count(targets); }) == "unit: targets has 5 at [1, 2], but there are 5 classes");
  CHECK(error_of([&] {
          count(Ids({2, 3}, {0, -1, 0, 0, 0, 0}), {.ignore_index = -100});
        }) == "unit: targets has -1 at [0, 1], but there are 5 classes");
  CHECK(error_of([&] { count(Ids({6}, {0, 0, 0, 0, 0, 0})); }) == "unit: targets has shape [6], but [2, 3] is needed");
  CHECK(error_of([&] { count(Ids()); }) == "unit: targets has shape [], but [2, 3] is needed");
  CHECK(error_of([&] { count(targets, {}, Tensor()); }) == "unit: logits has shape [], but (..., V) is needed");
  CHECK(error_of([&] { count(targets, {.mask = Ids({1}, {1})}); }) == "unit: mask has shape [1], but [2, 3] is needed");
  CHECK(error_of([&] {
          count(targets, {.mask = Ids({2, 3}, {0, 0, 0, 0, 0, 0})});
        }) == "unit: none of 6 positions counts, but at least one is needed");
  CHECK(error_of([&] {
          count(Ids({0, 3}), {}, Tensor::zeros({0, 3, 5}));
        }) == "unit: none of 0 positions counts, but at least one is needed");
}
