#include "../../core/gradcheck.h"

#include "../../core/sink.h"
#include "../testing.h"

using namespace scangrad;

namespace {

using Tensors = std::vector<Tensor>;

// x^3 + b x elementwise, with gradients multiplied by the given factors: right for 1 and 1.
Tensor cubic(const Tensor& x, const Tensor& b, real scale_cube = 1, real scale_line = 1, bool skip_b = false) {
  Tensor y(x.shape());
  const int64_t n = x.numel();
  const real* const px = x.data();
  const real* const pb = b.data();  // null for 0
  real* const py = y.mutable_data();
  const auto line = [=](int64_t i) { return pb != nullptr ? pb[i] : real(0); };
  for (int64_t i = 0; i < n; ++i) py[i] = px[i] * px[i] * px[i] + line(i) * px[i];
  return record("cubic", y, {x, b}, [=, x = Saved(x), b = Saved(b)](const Tensor& dy, Sinks& into) {
    const real* const g = dy.data();
    accumulate(into[0], n, [=](int64_t i) { return g[i] * (scale_cube * 3 * px[i] * px[i] + scale_line * line(i)); });
    if (into.wanted(1) && !skip_b) accumulate(into[1], n, [=](int64_t i) { return g[i] * px[i]; });
  });
}

const Tensor x = random_tensor({3, 7}, 1, real(0.5), 2);
const Tensor b = random_tensor({3, 7}, 2, real(0.5), 2);

}  // namespace

TEST_CASE("gradcheck: a right gradient passes") {
  CHECK(gradcheck([](const Tensors& in) { return cubic(in[0], in[1]); }, {x, b}) < kGradTolerance);
  CHECK(gradcheck([](const Tensors& in) { return cubic(in[0], cubic(in[0], in[1])); }, {x, b}) < kGradTolerance);
}

TEST_CASE("gradcheck: a gradient off by one percent shows as one percent") {
  if (!kDouble) return;  // the differences of the float build are not that good
  const double error = gradcheck([](const Tensors& in) { return cubic(in[0], in[1], real(1.01), real(1.01)); }, {x, b});
  CHECK(error == doctest::Approx(0.01).epsilon(1e-4));
}

TEST_CASE("gradcheck: a wrong sign, a missing term and a missing input are found") {
  const auto error = [](real scale_cube, real scale_line, bool skip_b) {
    return gradcheck([=](const Tensors& in) { return cubic(in[0], in[1], scale_cube, scale_line, skip_b); }, {x, b});
  };
  CHECK(error(-1, -1, false) == doctest::Approx(2).epsilon(0.01));
  CHECK(error(1, 0, false) > 0.1);
  CHECK(error(1, 1, true) == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("gradcheck: a gradient that is stored where it should be added is found") {
  const auto f = [](const Tensors& in) {
    const Tensor y = in[0].clone();
    return record("identity", y, {in[0]},
                  [](const Tensor& dy, Sinks& into) { std::copy_n(dy.data(), dy.numel(), into[0].data); });
  };
  CHECK(gradcheck(f, {x}) == doctest::Approx(0.5).epsilon(0.01));
}

TEST_CASE("gradcheck: one wrong element among many is found") {
  const auto f = [](const Tensors& in) {
    const Tensor y = in[0].clone();
    return record("identity", y, {in[0]}, [](const Tensor& dy, Sinks& into) {
      accumulate(into[0], dy.numel(), [g = dy.data()](int64_t i) { return i == 15 ? 0 : g[i]; });
    });
  };
  CHECK(gradcheck(f, {x}) > 0.3);
}

TEST_CASE("gradcheck: gradients and results that are not finite are found") {
  const auto f = [](real factor) { return [=](const Tensors& in) { return cubic(in[0], in[1], factor); }; };
  CHECK(std::isinf(gradcheck(f(NAN), {x, b})));
  CHECK(std::isinf(gradcheck(f(INFINITY), {x, b})));
  CHECK(std::isinf(gradcheck(f(1), {Tensor::full({2}, INFINITY), Tensor::zeros({2})})));
}

TEST_CASE("gradcheck: tensors without a gradient to the result count as zero") {
  const auto unused = [](const Tensors& in) { return cubic(in[0], Tensor()); };
  CHECK(gradcheck(unused, {x, b}) < kGradTolerance);
  const auto hidden = [](const Tensors& in) { return cubic(in[0], in[1].detach()); };
  CHECK(gradcheck(hidden, {x, b}) == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("gradcheck: undefined and empty inputs are passed on") {
  CHECK(gradcheck([](const Tensors& in) { return cubic(in[0], in[1]); }, {x, Tensor()}) < kGradTolerance);
  CHECK(gradcheck([](const Tensors& in) { return cubic(in[0], in[1]); }, {Tensor({0}), Tensor({0})}) == 0);
}

TEST_CASE("gradcheck: the given tensors are not changed") {
  Tensor mine = leaf(x.clone());
  const uint64_t version = mine.version();
  gradcheck([](const Tensors& in) { return cubic(in[0], in[1]); }, {mine, b});
  CHECK(mine.version() == version);
  CHECK(!mine.grad().defined());
  CHECK(same_bits(mine, x));
}

TEST_CASE("gradcheck: leaves are checked in place, and restored") {
  const Tensor mine = leaf(x.clone()), other = leaf(b.clone());
  CHECK(gradcheck([&] { return cubic(mine, other); }, {mine, Tensor(), other}) < kGradTolerance);
  CHECK(gradcheck([&] { return cubic(mine, other, 1, 0); }, {mine, other}) > 0.1);
  CHECK(gradcheck([&] { return cubic(mine, other.detach()); }, {mine}) < kGradTolerance);  // the old gradient is zeroed
  CHECK(same_bits(mine, x));
  CHECK(same_bits(other, b));
}

TEST_CASE("gradcheck: a result that depends on no input is an error") {
  CHECK(error_of([] { gradcheck([](const Tensors& in) { return in[0].detach(); }, {x}); }) ==
        "gradcheck: the result does not depend on any input");
}
