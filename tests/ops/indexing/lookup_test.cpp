#include "../../../ops/indexing/lookup.h"

#include "../../same_bits.h"

using namespace scangrad;

TEST_CASE("lookup: a case worked by hand") {
  const Tensor table = leaf(Tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
  const Tensor y = lookup(table, Ids({2, 2}, {2, 0, 2, 2}));
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.values() == std::vector<real>{5, 6, 1, 2, 5, 6, 5, 6});

  backward({y}, {Tensor({2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40})});
  CHECK(table.grad().values() == std::vector<real>{2, 20, 0, 0, 8, 80});
}

TEST_CASE("lookup: gradients equal central differences") {
  for (const auto& [V, D, N] : {std::array<int64_t, 3>{1, 1, 1}, {5, 3, 7}, {130, 1, 11}, {129, 2, 3}}) {
    const Ids ids = random_ids({N}, 1, V);
    const auto f = [&](const std::vector<Tensor>& in) { return lookup(in[0], ids); };
    CHECK(gradcheck(f, {random_tensor({V, D}, 2)}) < kGradTolerance);
  }
}

TEST_CASE("lookup: small and large tables get the plain sum for any number of threads, added to what is there") {
  for (const int64_t V : {3, 128, 129, 1000}) {
    const int64_t D = 70, N = 3000;
    const Ids ids = random_ids({N}, 1, V);
    const Tensor table = random_tensor({V, D}, 2), dy = random_tensor({N, D}, 3), before = random_tensor({V, D}, 4);
    std::vector<double> sums(before.data(), before.data() + V * D);
    for (int64_t i = 0; i < N * D; ++i) sums[size_t(ids[i / D] * D + i % D)] += double(dy.data()[i]);
    const Tensor plain({V, D}, {sums.begin(), sums.end()});

    const auto added = [&] {
      const Tensor t = leaf(table.clone());
      backward({t}, {before});
      backward({lookup(t, ids)}, {dy});
      return t.grad();
    };
    CHECK(relative_error(added(), plain) < (kDouble ? 1e-13 : 1e-5));
    check_threads([&] { return std::vector<Tensor>{added()}; });
  }
}

TEST_CASE("lookup: ids overwritten after the call do not change the gradient") {
  const Tensor table = leaf(Tensor({2, 1}, {1, 2}));
  Ids ids({1}, {0});
  const Tensor y = lookup(table, ids);
  ids.data()[0] = 1;
  y.backward();
  CHECK(table.grad().values() == std::vector<real>{1, 0});
}

TEST_CASE("lookup: no ids give no rows") {
  const Tensor table = leaf(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Tensor y = lookup(table, Ids({0, 5}));
  CHECK(y.shape() == Shape{0, 5, 3});
  backward({y}, {Tensor({0, 5, 3})});
  CHECK(table.grad().values() == std::vector<real>(6, 0));
}

TEST_CASE("lookup: errors name wrong arguments") {
  const Tensor table = Tensor::zeros({16, 2});
  CHECK(error_of([&] {
          lookup(table, Ids({1, 3}, {0, 15, 16}));
        }) == "lookup: ids has 16 at [0, 2], but the table has 16 rows");
  CHECK(error_of([&] { lookup(table, Ids({2}, {-1, 99})); }) == "lookup: ids has -1 at [0], but the table has 16 rows");
  CHECK(error_of([&] { lookup(table, Ids()); }) == "lookup: ids is undefined, but an array of ids is needed");
  CHECK(error_of([&] { lookup(Tensor::zeros({4}), Ids({1}, {0})); }) ==
        "lookup: table has shape [4], but (V, D) is needed");
}
