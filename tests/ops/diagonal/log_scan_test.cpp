#include "../../../ops/diagonal/log_scan.h"

#include "../../../core/observe/nan_watch.h"
#include "../../../ops/activations.h"
#include "../../../ops/diagonal/boundary_scan.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr real kInfinity = std::numeric_limits<real>::infinity();
constexpr LogForm kForms[] = {LogForm::kSequential, LogForm::kCumulative};

}  // namespace

TEST_CASE("log_scan: a case worked by hand") {
  const auto ln = [](double x) { return static_cast<real>(std::log(x)); };
  const Tensor la({1, 2, 1}, {ln(0.5), ln(0.25)}), lb({1, 2, 1}, {ln(1), ln(2)}), h0({1, 1}, {8});
  for (const LogForm form : kForms) {
    const Tensor l = log_scan(la, lb, h0, form);
    CHECK(l.values()[0] == doctest::Approx(std::log(5.0)));
    CHECK(l.values()[1] == doctest::Approx(std::log(3.25)));
  }
}

TEST_CASE("log_scan: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 6, 3}, Shape{1, 3, 259}}) {
    const Tensor la = random_tensor(shape, 1, -2, real(-0.1)), lb = random_tensor(shape, 2, -2, 2);
    const Tensor h0 = random_tensor({shape[0], shape[2]}, 3, real(0.2), 2);
    for (const LogForm form : kForms) {
      const auto f = [&](const std::vector<Tensor>& in) { return log_scan(in[0], in[1], in[2], form); };
      CHECK(gradcheck(f, {la, lb, h0}) < kGradTolerance);
      CHECK(gradcheck(f, {la, lb, Tensor()}) < kGradTolerance);
    }
  }
}

TEST_CASE("log_scan: equals the logarithm of the linear scan, with boundaries too") {
  const Shape shape{2, 40, 5};
  const Tensor la = random_tensor(shape, 1, -2, real(-0.1)), lb = random_tensor(shape, 2, -2, 2);
  Ids mask({2, 40});
  for (int64_t i = 0; i < 80; ++i) mask.data()[i] = i % 7 == 0;
  for (const Boundaries& at : {Boundaries(), Boundaries::reset(mask)}) {
    const Tensor h0 = random_tensor({at.sequences(2, 40), 5}, 3, 0, 1);
    const Tensor linear = boundary_scan(exp(la), exp(lb), h0, at);
    CHECK(relative_error(exp(log_scan(la, lb, h0, LogForm::kSequential, at)), linear) < (kDouble ? 1e-14 : 2e-6));
    // The cumulative form loses digits with the length of a sequence.
    CHECK(relative_error(exp(log_scan(la, lb, h0, LogForm::kCumulative, at)), linear) < (kDouble ? 1e-13 : 5e-5));
  }
  const NanWatch watch;
  const Tensor padded = log_scan(la, lb, {}, LogForm::kSequential, Boundaries::lengths({40, 3}));
  CHECK(padded.data()[(40 + 2) * 5] > -100);
  CHECK(padded.data()[(40 + 3) * 5] == std::numeric_limits<real>::lowest());
  CHECK(exp(padded).data()[(40 + 3) * 5] == 0);
  CHECK(!watch.found());
}

TEST_CASE("log_scan: h0 = 0 is legal and has a finite gradient") {
  const Tensor la = leaf(Tensor({1, 2, 1}, {-1, -1})), lb = leaf(Tensor({1, 2, 1}, {0, 0}));
  const Tensor h0 = leaf(Tensor::zeros({1, 1}));
  for (const LogForm form : kForms) {
    const Tensor l = log_scan(la, lb, h0, form);
    CHECK(l.values()[0] == 0);
    h0.zero_grad();
    backward({l}, {Tensor({1, 2, 1}, {1, 0})});
    CHECK(h0.grad().item() == doctest::Approx(std::exp(-1.0)));  // d log(a h0 + b) / dh0 = a / b
  }
}

TEST_CASE("log_scan: h = 0 everywhere is legal and has finite gradients") {
  const Tensor none = leaf(Tensor::full({1, 3, 2}, -kInfinity)), la = leaf(Tensor::full({1, 3, 2}, -1));
  const Tensor l = log_scan(la, none);
  CHECK(l.values() == std::vector<real>(6, -kInfinity));
  backward({l}, {Tensor::full({1, 3, 2}, 1)});
  CHECK(none.grad().values() == std::vector<real>(6, 0));
  CHECK(la.grad().values() == std::vector<real>(6, 0));
}

TEST_CASE("log_scan: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 5, 4});
  CHECK(error_of([&] {
          log_scan(a, Tensor::zeros({2, 5, 3}));
        }) == "log_scan: log_b has shape [2, 5, 3] but log_a has [2, 5, 4]");
  CHECK(error_of([&] {
          log_scan(Tensor::zeros({5, 4}), a);
        }) == "log_scan: log_a has shape [5, 4], but (B, T, D) is needed");
  CHECK(error_of([&] {
          log_scan(a, a, Tensor::zeros({2, 5}));
        }) == "log_scan: h0 has shape [2, 5], but [2, 4] is needed");
}

TEST_CASE("log_scan: any number of threads gives the same bits") {
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{log_scan(in[0], in[1], in[2])}; },
                {random_tensor({3, 100, 301}, 1, -2, 0), random_tensor({3, 100, 301}, 2),
                 random_tensor({3, 301}, 3, real(0.1), 1)});
}

TEST_CASE("log_scan: reverse is refused") {
  CHECK(
      error_of([] {
        log_scan(Tensor::zeros({1, 2, 3}), Tensor::zeros({1, 2, 3}), {}, LogForm::kSequential, Boundaries().reversed());
      }) == "log_scan: sequences run in reverse, but only forward is possible");
}
