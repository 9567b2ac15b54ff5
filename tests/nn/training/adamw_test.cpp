#include "../../../nn/training/adamw.h"

#include <cmath>
#include <limits>

#include "../../../core/threads.h"
#include "../../same_bits.h"

using namespace scangrad;

namespace {

constexpr double kTolerance = kDouble ? 1e-13 : 2e-6;

// Adds `gradient` to the gradient of p.
void give(const Tensor& p, const Tensor& gradient) {
  backward({p.reshape(p.shape())}, {gradient});
}

// The equations of adamw.h, one number at a time in double.
struct Plain {
  double w, m = 0, v = 0;
  void step(double g, double lr, double decay, int t, const AdamWOptions& o) {
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double m_hat = m / (1 - std::pow(o.beta1, t)), v_hat = v / (1 - std::pow(o.beta2, t));
    w = w - lr * decay * w - lr * m_hat / (std::sqrt(v_hat) + o.eps);
  }
};

// One parameter of each role, and two with options of their own.
struct Network {
  Params params{5};
  Network() {
    const Init init = uniform_init(1);
    params.tensor("weight", {3, 7}, init);
    params.tensor("bias", {7}, init, {.role = Role::kBias});
    params.tensor("norm", {5}, init, {.role = Role::kNorm});
    params.tensor("gate", {4, 3}, init, {.role = Role::kGate});
    params.tensor("state", {5}, init, {.role = Role::kState});
    params.tensor("embedding", {70, 60}, init, {.role = Role::kEmbedding});
    params.tensor("slow", {9}, init, {.lr_scale = real(0.25)});
    params.tensor("spared", {9}, init, {.decay = false});
  }
  // The gradients of a step, the same for every network.
  void backward(int step) const {
    uint64_t seed = 100 * static_cast<uint64_t>(step);
    for (const Param& param : params.list()) give(param.tensor, random_tensor(param.tensor.shape(), ++seed));
  }
};

// The largest relative difference of any parameter from the plain equations after some steps.
double error_against_plain(const AdamWOptions& options, const std::vector<std::string>& decaying) {
  const Network network;
  AdamW adam(network.params, options);
  std::vector<std::vector<Plain>> plain;
  for (const Param& param : network.params.list()) {
    plain.emplace_back();
    for (const real w : param.tensor.values()) plain.back().push_back({double(w)});
  }
  for (int step = 1; step <= 6; ++step) {
    network.backward(step);
    double squares = 0;
    std::vector<Tensor> gradients;
    for (const Param& param : network.params.list()) {
      gradients.push_back(param.tensor.grad().clone());
      for (const real g : gradients.back().values()) squares += double(g) * double(g);
    }
    const double norm = std::sqrt(squares);
    const double shrink = options.clip > 0 && norm > options.clip ? options.clip / (norm + 1e-6) : 1;
    for (size_t k = 0; k < plain.size(); ++k) {
      const Param& param = network.params.list()[k];
      const bool decays = std::find(decaying.begin(), decaying.end(), param.name) != decaying.end();
      for (size_t i = 0; i < plain[k].size(); ++i)
        plain[k][i].step(shrink * double(gradients[k].data()[i]), options.lr * double(param.lr_scale),
                         decays ? options.weight_decay : 0, step, options);
    }
    CHECK(adam.step() == doctest::Approx(norm).epsilon(1e-12));
    CHECK(adam.grad_norm() == doctest::Approx(norm).epsilon(1e-12));
    CHECK(adam.steps() == step);
  }
  double worst = 0;
  for (size_t k = 0; k < plain.size(); ++k) {
    Tensor expected(network.params.list()[k].tensor.shape());
    real* const e = expected.mutable_data();
    for (size_t i = 0; i < plain[k].size(); ++i) e[i] = real(plain[k][i].w);
    worst = std::max(worst, relative_error(network.params.list()[k].tensor, expected));
  }
  return worst;
}

}  // namespace

TEST_CASE("adamw: a first step worked by hand") {
  const Params params(1);
  const Tensor w = params.tensor("w", {2}, constant_init(1));
  AdamW adam(params, {.lr = 0.1, .weight_decay = 0.5});
  give(w, Tensor({2}, {3, -4}));
  CHECK(adam.step() == 5);
  // m / (1 - beta1) = g and sqrt(v / (1 - beta2)) = |g|: each number changes by -lr times the sign of its gradient.
  CHECK(w.values()[0] == doctest::Approx(1 - 0.1 * 0.5 - 0.1).epsilon(1e-6));
  CHECK(w.values()[1] == doctest::Approx(1 - 0.1 * 0.5 + 0.1).epsilon(1e-6));
  CHECK(!has_grad(w));
}

TEST_CASE("adamw: several steps equal a plain double-precision form, for each decay policy") {
  const AdamWOptions standard{.lr = 0.01, .weight_decay = 0.3};
  CHECK(error_against_plain(standard, {"weight", "embedding", "slow"}) < kTolerance);
  CHECK(error_against_plain(standard, {"weight", "embedding", "slow", "bias"}) > kTolerance);
  const AdamWOptions paper{.lr = 0.01, .weight_decay = 0.3, .policy = DecayPolicy::kPaper};
  CHECK(error_against_plain(paper, {"weight", "bias", "norm", "state", "embedding", "slow"}) < kTolerance);
}

TEST_CASE("adamw: clipping and other options equal the plain form too") {
  const AdamWOptions options{.lr = 0.02, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1, .clip = 0.5};
  CHECK(error_against_plain(options, {"weight", "embedding", "slow"}) < kTolerance);
  CHECK(error_against_plain({.lr = 0.02, .eps = 1e-3, .clip = 1e6}, {"weight", "embedding", "slow"}) < kTolerance);
}

TEST_CASE("adamw: finds the minimum of a quadratic") {
  const Params params(1);
  const Tensor w = params.tensor("w", {40}, uniform_init(1));
  const Tensor target = random_tensor({40}, 2, -3, 3);
  AdamW adam(params, {.lr = 0.1, .weight_decay = 0});
  for (int step = 0; step < 400; ++step) {
    Tensor gradient(w.shape());
    real* const g = gradient.mutable_data();
    for (int64_t i = 0; i < 40; ++i) g[i] = real(i + 1) * (w.data()[i] - target.data()[i]);
    give(w, gradient);
    adam.set_lr(step < 200 ? 0.1 : 0.01);
    adam.step();
  }
  CHECK(relative_error(w, target) < 1e-3);
}

TEST_CASE("adamw: gradients of several backward passes add up before a step") {
  const Network whole, parts;
  AdamW adam_whole(whole.params, {}), adam_parts(parts.params, {});
  for (size_t k = 0; k < whole.params.list().size(); ++k) {
    const Tensor& p = parts.params.list()[k].tensor;
    give(whole.params.list()[k].tensor, Tensor::full(p.shape(), 4));
    give(p, Tensor::full(p.shape(), 1));
    give(p, Tensor::full(p.shape(), 3));
  }
  CHECK(adam_whole.step() == adam_parts.step());
  CHECK(same_bits(whole.params.values(), parts.params.values()));
}

TEST_CASE("adamw: a parameter that backward did not reach has gradient zero") {
  const Params params(1);
  const Tensor a = params.tensor("a", {3}, constant_init(1)), b = params.tensor("b", {3}, constant_init(1));
  AdamW adam(params, {.lr = 0.1, .weight_decay = 0});
  give(a, Tensor::full({3}, 2));
  adam.step();
  CHECK(b.values() == std::vector<real>{1, 1, 1});
  give(b, Tensor::full({3}, 2));
  CHECK(adam.step() == doctest::Approx(std::sqrt(12)));
}

TEST_CASE("adamw: any number of threads gives the same bits") {
  check_threads([] {
    std::vector<Tensor> results;
    const Params params(3);
    const Tensor w = params.tensor("w", {311, 577}, uniform_init(1));
    const Tensor b = params.tensor("b", {577}, uniform_init(1), {.role = Role::kBias});
    AdamW adam(params, {.clip = 0.1});
    for (uint64_t step = 0; step < 3; ++step) {
      give(w, random_tensor(w.shape(), step));
      give(b, random_tensor(b.shape(), step + 10));
      results.push_back(Tensor::full({}, static_cast<real>(adam.step())));
    }
    results.push_back(params.values().clone());
    for (const auto& [name, moment] : adam.moments()) results.push_back(moment.clone());
    return results;
  });
}

TEST_CASE("adamw: moments and steps put into another optimizer continue the same training") {
  const Network one, two;
  AdamW first(one.params, {.clip = 1});
  for (int step = 1; step <= 2; ++step) {
    one.backward(step);
    first.step();
  }
  AdamW second(two.params, {.clip = 1});
  std::copy_n(one.params.values().data(), one.params.values().numel(), two.params.mutable_values());
  const auto from = first.moments();
  auto to = second.moments();
  REQUIRE(from.size() == 2 * one.params.list().size());
  CHECK(from[0].first == "m.weight");
  CHECK(from.back().first == "v.spared");
  for (size_t i = 0; i < from.size(); ++i) to[i].second.copy_from(from[i].second);
  second.set_steps(first.steps());
  one.backward(3);
  two.backward(3);
  CHECK(first.step() == second.step());
  CHECK(same_bits(one.params.values(), two.params.values()));
}

TEST_CASE("adamw: from the third step on it allocates no memory") {
  const Params params(3);
  const Tensor w = params.tensor("w", {100, 1000}, uniform_init(1));
  AdamW adam(params, {});
  int64_t requests = 0;
  for (int step = 0; step < 6; ++step) {
    if (step == 2) requests = memory_stats().system_requests;
    give(w, Tensor::full(w.shape(), 1));
    adam.step();
  }
  CHECK(memory_stats().system_requests == requests);
}

TEST_CASE("adamw: a gradient that is not finite is named and changes nothing") {
  const Network network;
  AdamW adam(network.params, {});
  network.backward(1);
  adam.step();
  network.backward(2);
  Tensor bad = Tensor::zeros({5});
  bad.mutable_data()[3] = std::numeric_limits<real>::infinity();
  give(network.params.find("state").tensor, bad);
  const Tensor before = network.params.values().clone();
  CHECK(error_of([&] { adam.step(); }) == "adamw: the gradient of state holds inf, but finite numbers are needed");
  CHECK(adam.steps() == 1);
  CHECK(same_bits(network.params.values(), before));
}

TEST_CASE("adamw: a gradient with a square that overflows is named and changes nothing, unless it is clipped") {
  Params params(1);
  const Tensor w = params.tensor("w", {2}, normal_init(1));
  const Tensor before = params.values().clone();
  const real huge = std::sqrt(std::numeric_limits<real>::max()) * real(1.5);
  AdamW adam(params, {}), clipping(params, {.clip = 1});
  give(w, Tensor({2}, {huge, 0}));
  const std::string message = error_of([&] { adam.step(); });
  CHECK(message.starts_with("adamw: the gradient has norm "));
  CHECK(message.ends_with(", but its square overflows; clipping would help"));
  CHECK((adam.steps() == 0 && same_bits(params.values(), before)));
  double told = 0;
  adam.step([&](double norm) {
    told = norm;
    return false;
  });
  CHECK(std::isinf(told));
  give(w, Tensor({2}, {huge, 0}));
  if (!kDouble) {  // else the norm itself is beyond
    clipping.step();
    CHECK(w.values()[0] == doctest::Approx(before.values()[0] - clipping.lr()));
  }
}

TEST_CASE("adamw: a rejected step resets the gradient and changes nothing else") {
  Params params(1);
  const Tensor w = params.tensor("w", {3}, normal_init(1));
  AdamW adam(params, {.lr = 0.1});
  const auto go_back = [&](real gradient) { backward({w}, {Tensor::full({3}, gradient)}); };
  go_back(1);
  adam.step();
  std::vector<Tensor> before{params.values().clone()}, after{params.values()};
  for (const auto& [name, moment] : adam.moments()) {
    before.push_back(moment.clone());
    after.push_back(moment);
  }
  for (const real gradient : {real(2), real(INFINITY), real(NAN)}) {
    go_back(gradient);
    double seen = 0;
    const double norm = adam.step([&](double n) {
      seen = n;
      return false;
    });
    CHECK((norm == seen || (std::isnan(norm) && std::isnan(seen))));
    CHECK(adam.steps() == 1);
    CHECK(!has_grad(w));
    for (size_t i = 0; i < before.size(); ++i) CHECK(same_bits(before[i], after[i]));
  }
  go_back(2);
  adam.step([](double n) { return n < 4; });
  CHECK(adam.steps() == 2);
  CHECK(!same_bits(before[0], params.values()));
}

TEST_CASE("adamw: errors name options out of range and late parameters") {
  const Params params(1);
  const auto error = [&](const AdamWOptions& options) { return error_of([&] { AdamW(params, options); }); };
  CHECK(error({.lr = -1}) == "adamw: lr is -1, but a finite number of at least 0 is needed");
  if (!kDouble) CHECK(error({.lr = 1e308}) == "adamw: lr is 1e+308, but a finite number of at least 0 is needed");
  CHECK(error({.lr = INFINITY}) == "adamw: lr is inf, but a finite number of at least 0 is needed");
  CHECK(error({.lr = std::nan("")}) == "adamw: lr is nan, but a finite number of at least 0 is needed");
  CHECK(error({.beta1 = 1}) == "adamw: beta1 is 1, but 0 <= beta1 < 1 is needed");
  CHECK(error({.beta2 = -0.5}) == "adamw: beta2 is -0.5, but 0 <= beta2 < 1 is needed");
  CHECK(error({.eps = 0}) == "adamw: eps is 0, but a positive number is needed");
  CHECK(error({.weight_decay = -1}) == "adamw: weight_decay is -1, but at least 0 is needed");
  CHECK(error({.clip = -1}) == "adamw: clip is -1, but at least 0 is needed");
  params.tensor("a", {1}, constant_init(1));
  AdamW adam(params, {});
  adam.step();
  params.tensor("b", {1}, constant_init(1));
  CHECK(error_of([&] { adam.step(); }) == "adamw: there are 2 parameters, but at the first step there were 1");
}
