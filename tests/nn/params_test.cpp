#include "../../nn/params.h"

#include <cstdint>

#include "../testing.h"

using namespace scangrad;

namespace {

// dL/dp = factor for every element of p, by an op of the test's own.
void add_gradient(const Tensor& p, real factor) {
  const Tensor y = record("test", p.clone(), {p}, [](const Tensor& dy, Sinks& into) { into.give(0, dy); });
  backward({y}, {Tensor::full(p.shape(), factor)});
}

}  // namespace

TEST_CASE("params: names are joined by dots in the order of creation") {
  const Params params(1);
  const Params mlp = params / "blocks" / 0 / "mlp";
  const Tensor w = mlp.tensor("weight", {2, 3}, constant_init(real(0.5)));
  const Tensor b = params.tensor("bias", {3}, constant_init(0), {.role = Role::kBias, .decay = false, .lr_scale = 2});
  REQUIRE(params.list().size() == 2);
  CHECK(params.list()[0].name == "blocks.0.mlp.weight");
  CHECK(params.list()[0].role == Role::kWeight);
  CHECK(params.list()[0].decay);
  CHECK(params.list()[0].lr_scale == 1);
  CHECK(params.list()[1].name == "bias");
  CHECK(params.list()[1].role == Role::kBias);
  CHECK(!params.list()[1].decay);
  CHECK(params.list()[1].lr_scale == 2);
  CHECK(params.count() == 9);
  CHECK(mlp.count() == 9);
  CHECK(w.requires_grad());
  CHECK(w.values() == std::vector<real>(6, real(0.5)));
  CHECK(params.find("blocks.0.mlp.weight").tensor.data() == w.data());
  CHECK(mlp.find("weight").tensor.data() == w.data());
  CHECK(params.find("bias").tensor.data() == b.data());
}

TEST_CASE("params: the i-th parameter draws from stream i for any sizes of the others") {
  const Params small(7), large(7);
  small.tensor("a", {3}, uniform_init(1));
  large.tensor("a", {300}, uniform_init(1));
  const Tensor u = small.tensor("b", {5}, uniform_init(2));
  CHECK(same_bits(u, large.tensor("b", {5}, uniform_init(2))));
  Rng rng(7, 1);
  for (int64_t i = 0; i < 5; ++i) CHECK(u.data()[i] == rng.uniform(-2, 2));
  CHECK(!same_bits(u, Params(8).tensor("b", {5}, uniform_init(2))));
}

TEST_CASE("params: initial values have the requested distribution") {
  const Params params(3);
  const Tensor u = params.tensor("u", {100, 100}, uniform_init(real(0.5)));
  const Tensor n = params.tensor("n", {100, 100}, normal_init(real(0.02)));
  double square_u = 0, square_n = 0, sum_n = 0;
  for (int64_t i = 0; i < u.numel(); ++i) {
    CHECK_UNARY(std::abs(u.data()[i]) <= real(0.5));
    square_u += double(u.data()[i]) * double(u.data()[i]);
    square_n += double(n.data()[i]) * double(n.data()[i]);
    sum_n += double(n.data()[i]);
  }
  CHECK(std::sqrt(square_u / 1e4) == doctest::Approx(0.5 / std::sqrt(3.0)).epsilon(0.02));
  CHECK(std::sqrt(square_n / 1e4) == doctest::Approx(0.02).epsilon(0.03));
  CHECK(std::abs(sum_n / 1e4) < 0.001);
}

TEST_CASE("params: values and gradients lie in arenas, every parameter at a boundary and gaps zero") {
  const Params params(1);
  Tensor a = params.tensor("a", {3}, uniform_init(1));
  const Tensor b = params.tensor("b", {2, 9}, uniform_init(1));
  const std::vector<real> before_a = a.values(), before_b = b.values();
  add_gradient(a, 5);  // a gradient that is there before the layout moves along
  const Tensor values = params.values(), gradients = params.gradients();
  CHECK(a.values() == before_a);
  CHECK(b.values() == before_b);
  CHECK(a.grad().values() == std::vector<real>(3, 5));

  const int64_t step = 64 / sizeof(real);
  CHECK(values.shape() == Shape{step + (18 + step - 1) / step * step});
  CHECK(gradients.shape() == values.shape());
  for (const Param& param : params.list()) {
    CHECK(param.tensor.data() == values.data() + param.offset);
    CHECK(reinterpret_cast<uintptr_t>(param.tensor.data()) % 64 == 0);
  }
  for (int64_t i = 3; i < step; ++i) CHECK(values.data()[i] == 0);

  add_gradient(a, 1);
  add_gradient(b, 2);
  CHECK(a.grad().data() == gradients.data());
  CHECK(a.grad().values() == std::vector<real>(3, 6));
  for (int64_t i = 0; i < step; ++i) CHECK(gradients.data()[i] == (i < 3 ? 6 : 0));
  for (int64_t i = step; i < gradients.numel(); ++i) CHECK(gradients.data()[i] == (i < step + 18 ? 2 : 0));
}

TEST_CASE("params: parameters added later get new offsets and do not move others") {
  const Params params(1);
  const Tensor a = params.tensor("a", {20}, uniform_init(1));
  add_gradient(a, 3);
  const Tensor first = params.values();
  const std::vector<real> values = a.values();
  const int64_t offset = params.find("a").offset;
  const Tensor b = params.tensor("b", {4}, uniform_init(1));
  CHECK(params.values().numel() > first.numel());
  CHECK(params.find("a").offset == offset);
  CHECK(a.data() == params.values().data() + offset);
  CHECK(a.values() == values);
  CHECK(a.grad().values() == std::vector<real>(20, 3));
  CHECK(b.data() == params.values().data() + params.find("b").offset);
}

TEST_CASE("params: a gradient that backward did not reach counts as zero") {
  const Params params(1);
  const Tensor a = params.tensor("a", {16}, constant_init(1)), b = params.tensor("b", {16}, constant_init(1));
  add_gradient(a, 3);
  add_gradient(b, 4);
  params.gradients();
  params.zero_grad();
  add_gradient(b, 5);
  const Tensor gradients = params.gradients();
  for (int64_t i = 0; i < 16; ++i) CHECK(gradients.data()[i] == 0);
  for (int64_t i = 16; i < 32; ++i) CHECK(gradients.data()[i] == 5);
  CHECK(!has_grad(a));
}

TEST_CASE("params: writing the values changes the version of every parameter") {
  const Params params(1);
  const Tensor a = params.tensor("a", {2}, constant_init(1));
  params.values();
  const uint64_t version = a.version();
  params.mutable_values()[1] = 9;
  CHECK(a.version() > version);
  CHECK(a.values() == std::vector<real>{1, 9});
}

TEST_CASE("params: the arenas of no parameters are empty") {
  CHECK(Params(1).values().shape() == Shape{0});
  CHECK(Params(1).gradients().shape() == Shape{0});
  CHECK(Params(1).count() == 0);
}

TEST_CASE("params: buffers are saved after the parameters and are in no arena") {
  const Params params(1);
  const Tensor mean = (params / "norm").buffer("mean", {2}, real(0.5));
  const Tensor w = params.tensor("w", {3}, constant_init(1));
  CHECK(mean.values() == std::vector<real>{real(0.5), real(0.5)});
  CHECK(!mean.requires_grad());
  CHECK(params.list().size() == 1);
  CHECK(params.count() == 3);
  const auto saved = params.saved();
  REQUIRE(saved.size() == 2);
  CHECK(saved[0].first == "w");
  CHECK(saved[0].second.data() == w.data());
  CHECK(saved[1].first == "norm.mean");
  CHECK(saved[1].second.data() == mean.data());
  const std::string taken = "params: norm.mean exists already, but a new name is needed";
  CHECK(error_of([&] { (params / "norm").buffer("mean", {2}, 0); }) == taken);
  CHECK(error_of([&] { (params / "norm").tensor("mean", {2}, constant_init(0)); }) == taken);
}

TEST_CASE("params: errors name wrong names and shapes") {
  const Params params(1);
  const Init zero = constant_init(0);
  CHECK(error_of([&] { (void)(params / "a.b"); }) ==
        "params: name is \"a.b\", but one that is not empty and has no dot is needed");
  CHECK(error_of([&] { params.tensor("", {1}, zero); }) ==
        "params: name is \"\", but one that is not empty and has no dot is needed");
  CHECK(error_of([&] { params.find("weight"); }) == "params: there is no weight; there are no parameters");
  const Params mlp = params / "mlp";
  mlp.tensor("weight", {1}, zero);
  mlp.tensor("bias", {1}, zero);
  CHECK(error_of([&] { mlp.tensor("bias", {2}, zero); }) ==
        "params: mlp.bias exists already, but a new name is needed");
  CHECK(error_of([&] {
          mlp.tensor("gate", {2, 0}, zero);
        }) == "params: mlp.gate has shape [2, 0], but at least one element is needed");
  CHECK(error_of([&] { params.find("mlp.wieght"); }) == "params: there is no mlp.wieght, the nearest is mlp.weight");
  CHECK(params.list().size() == 2);
}

TEST_CASE("params: limits on tensors and numbers are kept") {
  const Params params(1, {.tensors = 3, .numbers = 10});
  params.tensor("a", {2, 3}, constant_init(0));
  params.buffer("b", {2}, 0);
  CHECK(error_of([&] { (params / "c").tensor("d", {int64_t(1) << 40}, constant_init(0)); }) ==
        "params: c.d has shape [1099511627776], but at most 2 more numbers are allowed");
  CHECK(error_of([&] { params.buffer("e", {3}, 0); }) ==
        "params: e has shape [3], but at most 2 more numbers are allowed");
  params.tensor("f", {1}, constant_init(0));
  CHECK(params.count() == 7);
  for (const auto& ask : {std::function([&] { (params / "g").tensor("h", {1}, constant_init(0)); }),
                          std::function([&] { (params / "g").buffer("h", {1}, 0); })})
    CHECK(error_of(ask) == "params: g.h would be tensor 4, but at most 3 are allowed");
}

TEST_CASE("params: layers share a parameter by its name") {
  const Params params(3);
  const Tensor first = params.shared("bounds", {2, 3}, constant_init(1));
  const Tensor second = params.shared("bounds", {2, 3}, constant_init(7));
  CHECK(second.data() == first.data());
  CHECK(params.list().size() == 1);
  CHECK((params / "a").shared("bounds", {2}, constant_init(7)).values() == std::vector<real>{7, 7});
  CHECK(error_of([&] {
          params.shared("bounds", {3, 2}, constant_init(1));
        }) == "params: bounds has shape [2, 3], but [3, 2] is needed here");
}
