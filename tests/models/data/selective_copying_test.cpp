#include "../../../models/data/selective_copying.h"

#include <set>

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("selective_copying: an example is noise, data in order, then markers") {
  const SelectiveCopying task({.length = 20, .tokens = 4, .vocab = 7});
  const CopyBatch batch = task.examples(42, 0, 50);
  CHECK(batch.inputs.shape() == Shape{50, 24});
  CHECK(batch.targets.shape() == Shape{50, 4});
  std::set<int32_t> seen;
  for (int64_t i = 0; i < 50; ++i) {
    std::vector<int32_t> data;
    for (int64_t t = 0; t < 20; ++t) {
      const int32_t id = batch.inputs[i * 24 + t];
      CHECK((id >= 1 && id <= 6));
      if (id != 6) data.push_back(id);
    }
    CHECK(data == std::vector<int32_t>(batch.targets.data() + i * 4, batch.targets.data() + i * 4 + 4));
    for (int64_t t = 20; t < 24; ++t) CHECK(batch.inputs[i * 24 + t] == 0);
    seen.insert(data.begin(), data.end());
  }
  CHECK(seen == std::set<int32_t>{1, 2, 3, 4, 5});
}

TEST_CASE("selective_copying: every place is equally likely") {
  const SelectiveCopying task({.length = 10, .tokens = 3, .vocab = 5});
  const CopyBatch batch = task.examples(1, 0, 20'000);
  for (int64_t t = 0; t < 10; ++t) {
    int64_t count = 0;
    for (int64_t i = 0; i < 20'000; ++i) count += batch.inputs[i * 13 + t] != 4;
    CHECK(count == doctest::Approx(6'000).epsilon(0.05));  // 8 standard deviations
  }
}

TEST_CASE("selective_copying: an example depends on seed and number alone") {
  const SelectiveCopying task({.length = 30, .tokens = 5, .vocab = 16});
  const CopyBatch some = task.examples(7, 10, 4), one = task.examples(7, 12, 1), other = task.examples(8, 12, 1);
  CHECK(std::equal(one.inputs.data(), one.inputs.data() + 35, some.inputs.data() + 2 * 35));
  CHECK(!std::equal(one.inputs.data(), one.inputs.data() + 35, other.inputs.data()));
}

TEST_CASE("selective_copying: without noise if length equals tokens") {
  const CopyBatch batch = SelectiveCopying({.length = 3, .tokens = 3, .vocab = 3}).examples(1, 0, 1);
  CHECK(std::vector<int32_t>(batch.inputs.data(), batch.inputs.data() + 6) == std::vector<int32_t>{1, 1, 1, 0, 0, 0});
}

TEST_CASE("selective_copying: errors name impossible sizes") {
  CHECK(error_of([] { SelectiveCopying({.length = 3, .tokens = 4, .vocab = 9}); }) ==
        "selective_copying: length is 3, but at least 4 is needed for 4 tokens");
  CHECK(error_of([] { SelectiveCopying({.length = 3, .tokens = 0, .vocab = 9}); }) ==
        "selective_copying: tokens is 0, but at least 1 is needed");
  CHECK(error_of([] { SelectiveCopying({.length = 3, .tokens = 1, .vocab = 2}); }) ==
        "selective_copying: vocab is 2, but at least 3 is needed");
  CHECK(error_of([] { SelectiveCopying({.length = INT64_MAX, .tokens = 1, .vocab = 9}); }) ==
        "selective_copying: length is 9223372036854775807 and vocab 9, but at most 2147483647 is possible");
  CHECK(error_of([] { SelectiveCopying({.length = 3, .tokens = 1, .vocab = int64_t(1) << 31}); }) ==
        "selective_copying: length is 3 and vocab 2147483648, but at most 2147483647 is possible");
  CHECK(error_of([] { SelectiveCopying({.length = 3, .tokens = 1, .vocab = 5}).examples(1, 0, 0); }) ==
        "selective_copying: count is 0, but at least 1 is needed");
}
