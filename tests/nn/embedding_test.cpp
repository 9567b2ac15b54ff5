#include "../../nn/embedding.h"

#include "modules.h"

using namespace scangrad;

TEST_CASE("embedding: gives the rows of its weight, and their gradients") {
  const Params params(2);
  const Embedding layer(params, 4, 3);
  const Ids ids({2, 2}, {3, 0, 3, 1});
  const Tensor y = layer(ids);
  CHECK(y.shape() == Shape{2, 2, 3});
  for (int64_t i = 0; i < 12; ++i) CHECK(y.data()[i] == layer.weight().data()[ids[i / 3] * 3 + i % 3]);
  CHECK(check_gradients(params, [&] { return layer(ids); }) < kGradTolerance);
  CHECK(params.find("weight").role == Role::kEmbedding);
}

TEST_CASE("embedding: initial values are normal with the requested standard deviation") {
  for (const real stddev : {real(1), real(0.02)}) {
    const Embedding layer(Params(3), 100, 50, stddev);
    double sum = 0, squares = 0;
    for (const real w : layer.weight().values()) {
      sum += double(w) / double(stddev);
      squares += std::pow(double(w) / double(stddev), 2);
    }
    CHECK(std::abs(sum / 5000) < 0.05);
    CHECK(squares / 5000 == doctest::Approx(1).epsilon(0.05));
  }
}

TEST_CASE("embedding: ids outside the vocabulary are named") {
  const Embedding layer(Params(1), 4, 3);
  CHECK(error_of([&] { layer(Ids({2}, {3, 4})); }) == "lookup: ids has 4 at [1], but the table has 4 rows");
}

TEST_CASE("embedding: sizes below 1 are refused") {
  CHECK(error_of([] { Embedding(Params(1), 0, 3); }) ==
        "embedding: vocabulary of 0 and 3 channels, but at least 1 of each is needed");
}
