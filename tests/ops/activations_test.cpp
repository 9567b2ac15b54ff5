#include "../../ops/activations.h"

#include "../../ops/arithmetic.h"
#include "../../tools/check/exact.h"
#include "../same_bits.h"
#include "../testing.h"

using namespace scangrad;

namespace {

// An op, and the function that it computes. The tests use no input near 0, where two of the functions have a kink.
struct Case {
  const char* name;
  Tensor (*op)(const Tensor&);
  Exact (*exact)(const Exact&);
  bool positive_only;
  bool keeps_result;
};
const std::vector<Case> kCases = {
    {"sigmoid", sigmoid, sigmoid, false, true},
    {"tanh", tanh, tanh, false, true},
    {"exp", exp, exp, false, true},
    {"log", log, log, true, false},
    {"softplus", softplus, softplus, false, false},
    {"relu", relu, relu, false, true},
    {"gelu", gelu, gelu, false, false},
    {"silu", silu, silu, false, false},
    {"positive_g", positive_g, positive_g, false, true},
    {"log_g", log_g, log_g, false, false},
};

// Values between 0.25 and 4 in size, of both signs where the function takes both.
Tensor inputs_of(const Case& c, const Shape& shape) {
  Tensor x = random_tensor(shape, 1, real(0.25), 4);
  for (int64_t i = 1; i < x.numel() && !c.positive_only; i += 2) x.mutable_data()[i] *= -1;
  return x;
}

}  // namespace

TEST_CASE("activations: cases worked by hand") {
  const Tensor x = leaf(Tensor({3}, {-2, 0, 3}));
  const auto derivative = [&](const Tensor& y) {
    x.zero_grad();
    backward({y}, {Tensor({3}, {1, 10, 100})});
    return x.grad().values();
  };
  CHECK(relu(x).values() == std::vector<real>{0, 0, 3});
  CHECK(derivative(relu(x)) == std::vector<real>{0, 0, 100});
  CHECK(sigmoid(x).data()[1] == real(0.5));
  CHECK(derivative(sigmoid(x))[1] == real(2.5));
  CHECK(tanh(x).data()[1] == 0);
  CHECK(derivative(tanh(x))[1] == 10);
  CHECK(exp(x).data()[1] == 1);
  CHECK(derivative(exp(x))[1] == 10);
  CHECK(gelu(x).data()[1] == 0);
  CHECK(derivative(gelu(x))[1] == 5);
  CHECK(derivative(silu(x))[1] == 5);
  // g and log_g at 0 have the derivatives of the side above.
  CHECK(positive_g(x).data()[1] == real(0.5));
  CHECK(positive_g(x).data()[2] == real(3.5));
  CHECK(derivative(positive_g(x))[1] == 10);
  CHECK(derivative(log_g(x))[1] == 20);
}

TEST_CASE("activations: values equal the formulas in long double") {
  for (const Case& c : kCases) {
    const Tensor x = inputs_of(c, {333});
    Tensor exact(x.shape());
    for (int64_t i = 0; i < x.numel(); ++i) exact.mutable_data()[i] = static_cast<real>(c.exact(x.data()[i]).value);
    Exact::forget();
    INFO(c.name);
    CHECK(relative_error(c.op(x), exact) < (kDouble ? 1e-15 : 3e-7));
  }
}

TEST_CASE("activations: gradients equal central differences") {
  for (const Case& c : kCases) {
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}, Shape{3, 11}}) {
      const auto f = [&](const std::vector<Tensor>& in) { return c.op(in[0]); };
      const auto twice = [&](const std::vector<Tensor>& in) { return add(in[0], c.op(in[0])); };
      INFO(c.name);
      CHECK(gradcheck(f, {inputs_of(c, shape)}) < kGradTolerance);
      CHECK(gradcheck(twice, {inputs_of(c, shape)}) < kGradTolerance);
    }
  }
}

TEST_CASE("activations: sigmoid, silu and the two forms of g agree with each other") {
  const Tensor x = random_tensor({99}, 1, -8, 8);
  const Tensor ones = Tensor::full({99}, 1);
  CHECK(relative_error(subtract(ones, sigmoid(x)), sigmoid(scale(x, -1))) < (kDouble ? 1e-15 : 2e-7));
  CHECK(relative_error(silu(x), multiply(x, sigmoid(x))) < (kDouble ? 1e-15 : 1e-7));
  CHECK(relative_error(exp(log_g(x)), positive_g(x)) < (kDouble ? 1e-15 : 2e-6));
}

TEST_CASE("activations: log_g is right where g itself underflows") {
  const Tensor x = leaf(Tensor({2}, {-1000, -200}));
  const Tensor y = log_g(x);
  CHECK(y.values() == std::vector<real>{-1000, -200});
  backward({y}, {Tensor({2}, {1, 1})});
  CHECK(x.grad().values() == std::vector<real>{1, 1});
}

TEST_CASE("activations: NaN stays NaN") {
  for (const Case& c : kCases) {
    INFO(c.name);
    CHECK(std::isnan(c.op(Tensor::full({1}, NAN)).item()));
  }
}

TEST_CASE("activations: each op saves its argument or its result, and the other may be overwritten") {
  const Tensor one = Tensor::full({1}, 1);
  for (const Case& c : kCases) {
    Tensor x = leaf(Tensor::full({1}, 2));
    Tensor y = c.op(x);
    (c.keeps_result ? x : y).copy_from(one);
    INFO(c.name);
    CHECK(error_of([&] { backward({y}, {one}); }) == "(no error)");
    y = c.op(x);
    (c.keeps_result ? y : x).copy_from(one);
    CHECK(error_of([&] { backward({y}, {one}); }) ==
          "backward: a tensor of shape [1] was overwritten after an op saved it");
  }
}

TEST_CASE("activations: an undefined tensor is named") {
  for (const Case& c : kCases)
    CHECK(error_of([&] { c.op(Tensor()); }) == std::string(c.name) + ": x is undefined, but a tensor is needed");
}

TEST_CASE("activations: any number of threads gives the same bits") {
  check_threads(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{sigmoid(in[0]), tanh(in[0]), exp(in[0]),        softplus(in[0]), relu(in[0]),
                                   gelu(in[0]),    silu(in[0]), positive_g(in[0]), log_g(in[0])};
      },
      {random_tensor({3, 100, 301}, 1, -4, 4)});
}
