#include "../../../nn/mixers/diagonal.h"

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/scan.h"
#include "../mixers.h"

using namespace scangrad;

namespace {

// h[t] = sigmoid(k) h[t-1] + v: the smallest layer of this kind. It has none of the shared options.
class Smallest : public DiagonalLayer {
 public:
  Smallest(const Params& params, const MixerConfig& config) : DiagonalLayer(params, "smallest", 2, config, {}) {}
  Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at) const override {
    return composed(projection, start, at);
  }
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries&) const override {
    return scan(sigmoid(part(projection, 1)), part(projection, 0), start);
  }
};

// A gate that scales the result, and an input that sees only half of x: both hooks of the mechanism.
class Hooked : public Smallest {
 public:
  using Smallest::Smallest;

 private:
  Tensor project(const Tensor& x, State& state, const Boundaries& at) const override {
    return Smallest::project(scale(x, real(0.5)), state, at);
  }
  Tensor result(const Tensor& h, const Tensor& projection) const override {
    return to_out_(multiply(h, sigmoid(part(projection, 1))));
  }
};

}  // namespace

TEST_CASE("diagonal: a layer without the shared options has biases, a projection back, and starts from zero") {
  const Params params(3);
  const Smallest layer(params, {.dim = 4, .expansion = 1.5});
  std::vector<std::string> names;
  for (const Param& param : params.list()) names.push_back(param.name);
  CHECK(names == std::vector<std::string>{"to_hidden_and_gate.weight", "to_hidden_and_gate.bias", "to_out.weight",
                                          "to_out.bias"});
  CHECK(params.find("to_hidden_and_gate.bias").role == Role::kGate);
  const Tensor x = random_tensor({2, 5, 4}, 1);
  State whole(2), steps(2);
  const Tensor y = layer(x, whole);
  for (int64_t t = 0; t < 5; ++t)
    CHECK(relative_error(layer(slice(x, 1, t, t + 1), steps), slice(y, 1, t, t + 1)) < (kDouble ? 1e-13 : 2e-6));
  CHECK(steps.get("h").shape() == Shape{2, 6});
}

TEST_CASE("diagonal: a layer may replace the projection in and the projection out") {
  const Params params(3), same(3);
  const Smallest plain(params, {.dim = 4});
  const Hooked hooked(same, {.dim = 4});
  const Tensor x = random_tensor({1, 1, 4}, 1);
  State a(1), b(1);
  plain(scale(x, real(0.5)), a);
  const Tensor y = hooked(x, b);
  CHECK(same_bits(a.get("h"), b.get("h")));
  CHECK(y.shape() == Shape{1, 1, 4});
}

TEST_CASE("diagonal: an option that a layer does not list is refused") {
  CHECK(error_of([] {
          Smallest(Params(1), {.options = {{"space", "log"}}});
        }) == "smallest: space is not an option here; there are none");
}

TEST_CASE("diagonal: the plain form of each mixer that has one gives the same results and gradients") {
  for (const std::string& name : mixer_names([](const MixerRow& row) { return row.make_plain != nullptr; })) {
    INFO(name);
    const auto run = [&](const MixerMaker& make) {
      const Params params(3);
      const auto mixer = make(params, {.dim = 6, .expansion = 2});
      const Tensor x = leaf(random_tensor({2, 9, 6}, 1, -2, 2));
      State state(2);
      const Tensor y = (*mixer)(x, state);
      backward({y}, {random_tensor(y.shape(), 2)});
      return std::vector<Tensor>{y.detach(), x.grad(), params.gradients().clone()};
    };
    const std::vector<Tensor> fused = run(mixer_row(name).make), plain = run(mixer_row(name).make_plain);
    for (size_t i = 0; i < fused.size(); ++i) CHECK(relative_error(fused[i], plain[i]) < (kDouble ? 1e-12 : 5e-6));
  }
}
