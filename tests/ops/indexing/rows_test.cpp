#include "../../../ops/indexing/rows.h"

#include "../../../ops/indexing/concat.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("rows: cases worked by hand") {
  const Tensor x = leaf(Tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
  const Tensor y = select_rows(x, {2, 0, 2});
  CHECK(y.shape() == Shape{3, 2});
  CHECK(y.values() == std::vector<real>{5, 6, 1, 2, 5, 6});
  backward({y}, {Tensor({3, 2}, {1, 10, 2, 20, 4, 40})});
  CHECK(x.grad().values() == std::vector<real>{2, 20, 0, 0, 5, 50});
}

TEST_CASE("rows: gradients equal central differences") {
  for (const Shape& shape : {Shape{1}, Shape{1, 1}, Shape{3, 17}, Shape{4, 3, 5}}) {
    const std::vector<int64_t> rows{shape[0] - 1, 0, shape[0] - 1};
    const auto select = [&](const std::vector<Tensor>& in) { return select_rows(in[0], rows); };
    CHECK(gradcheck(select, {random_tensor(shape, 1)}) < kGradTolerance);
  }
}

TEST_CASE("rows: concatenated tensors can be selected again") {
  const Tensor a = random_tensor({2, 3, 4}, 1), b = random_tensor({1, 3, 4}, 2);
  const Tensor joined = concatenate({a, b}, 0);
  CHECK(same_bits(select_rows(joined, {0, 1}), a));
  CHECK(same_bits(select_rows(joined, {2}), b));
  CHECK(select_rows(joined, {}).shape() == Shape{0, 3, 4});
}

TEST_CASE("rows: errors name wrong rows and shapes") {
  const Tensor x = Tensor::zeros({2, 3});
  CHECK(error_of([&] { select_rows(x, {0, 2}); }) == "select_rows: row is 2, but x has 2 rows");
  CHECK(error_of([&] { select_rows(x, {-1}); }) == "select_rows: row is -1, but x has 2 rows");
  CHECK(error_of([&] { select_rows(Tensor::full({}, 1), {0}); }) ==
        "select_rows: x has shape [], but (B, ...) is needed");
}

TEST_CASE("rows: any number of threads gives the same bits") {
  check_threads(
      [&](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{select_rows(in[0], {4, 0, 4, 49, 7})};
      },
      {random_tensor({50, 2000}, 1)});
}
