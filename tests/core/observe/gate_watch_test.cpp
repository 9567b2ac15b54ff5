#include "../../../core/observe/gate_watch.h"

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/diagonal/min_gru_scan.h"
#include "../../../ops/diagonal/min_lstm_scan.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "../../../ops/sequential/elman.h"
#include "../../../ops/sequential/gru.h"
#include "../../../ops/sequential/lstm.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr double kTolerance = kDouble ? 1e-14 : 2e-6;

Tensor part(const Tensor& projection, int64_t i, int64_t E) {
  return slice(projection, 2, i * E, (i + 1) * E);
}

}  // namespace

TEST_CASE("gate_watch: a gate worked by hand") {
  // k = 0: half is kept, half is written. k = ln 3: z = 3/4.
  const Tensor projection({1, 2, 2}, {1, 0, 1, static_cast<real>(std::log(3.0))});
  GateWatch watch;
  min_gru_scan(projection);
  REQUIRE(watch.calls().size() == 1);
  CHECK(watch.calls()[0].op == std::string("min_gru_scan"));
  CHECK(watch.calls()[0].keep.shape() == Shape{1, 2, 1});
  CHECK(watch.calls()[0].keep.data()[0] == real(0.5));
  CHECK(watch.calls()[0].keep.data()[1] == doctest::Approx(0.25));
  CHECK(watch.calls()[0].write.data()[1] == doctest::Approx(0.75));
}

TEST_CASE("gate_watch: the states of minGRU and minLSTM follow from `keep` and `write`") {
  const int64_t E = 5;
  const Tensor h0 = random_tensor({2, E}, 2, 0, 1);
  {
    const Tensor projection = random_tensor({2, 9, 2 * E}, 1, -3, 3);
    GateWatch watch;
    const Tensor h = min_gru_scan(projection, h0);
    const auto& [op, keep, write] = watch.calls().at(0);
    CHECK(relative_error(scan(keep, multiply(write, positive_g(part(projection, 0, E))), h0), h) < kTolerance);
    CHECK(relative_error(add(keep, write), Tensor::full(keep.shape(), 1)) < kTolerance);
  }
  for (const Gates gates : {Gates::kPlain, Gates::kNormalised}) {
    const Tensor projection = random_tensor({2, 9, 3 * E}, 1, -3, 3);
    GateWatch watch;
    const Tensor h = min_lstm_scan(projection, h0, gates);
    const auto& [op, keep, write] = watch.calls().at(0);
    CHECK(relative_error(scan(keep, multiply(write, positive_g(part(projection, 0, E))), h0), h) < kTolerance);
    if (gates == Gates::kPlain) CHECK(relative_error(keep, sigmoid(part(projection, 1, E))) < kTolerance);
    if (gates == Gates::kPlain) CHECK(relative_error(write, sigmoid(part(projection, 2, E))) < kTolerance);
    if (gates == Gates::kNormalised)
      CHECK(relative_error(add(keep, write), Tensor::full(keep.shape(), 1)) < kTolerance);
  }
}

TEST_CASE("gate_watch: GRU keeps by its update gate, LSTM by its forget gate, Elman has none") {
  const int64_t H = 3;
  const auto projection = [&](int64_t gates) { return random_tensor({2, 4, gates * H}, 1, -3, 3); };
  const auto nothing = [](const Shape& shape) { return Tensor::zeros(shape); };
  GateWatch watch;
  // Nothing comes from the state before, so that the gates are those of the projection.
  gru(projection(3), nothing({3 * H, H}), nothing({3 * H}));
  lstm(projection(4), nothing({4 * H, H}), nothing({4 * H}), {});
  elman(projection(1), nothing({H, H}), nothing({H}));
  REQUIRE(watch.calls().size() == 2);
  const Tensor z = sigmoid(part(projection(3), 1, H));
  CHECK(relative_error(watch.calls()[0].keep, z) < kTolerance);
  CHECK(relative_error(add(watch.calls()[0].write, z), Tensor::full(z.shape(), 1)) < kTolerance);
  CHECK(relative_error(watch.calls()[1].keep, sigmoid(part(projection(4), 1, H))) < kTolerance);
  CHECK(relative_error(watch.calls()[1].write, sigmoid(part(projection(4), 0, H))) < kTolerance);
}

TEST_CASE("gate_watch: results and gradients have the same bits with and without a watch") {
  const auto run = [](bool watched) {
    const Tensor projection = leaf(random_tensor({2, 9, 10}, 1, -3, 3));
    const std::unique_ptr<GateWatch> watch = watched ? std::make_unique<GateWatch>() : nullptr;
    const Tensor h = min_gru_scan(projection);
    backward({h}, {random_tensor(h.shape(), 2)});
    return std::pair{h.detach(), projection.grad()};
  };
  const auto plain = run(false), watched = run(true);
  CHECK(same_bits(plain.first, watched.first));
  CHECK(same_bits(plain.second, watched.second));
}

TEST_CASE("gate_watch: padding holds zeros") {
  GateWatch watch;
  min_gru_scan(random_tensor({2, 3, 4}, 1), {}, Candidate::kG, Boundaries::lengths({3, 1}));
  const Tensor& keep = watch.calls().at(0).keep;
  for (int64_t i = 0; i < keep.numel(); ++i) CHECK((keep.data()[i] == 0) == (i >= 8));
}

TEST_CASE("gate_watch: the newest watch is used, and after its end the previous one") {
  const Tensor projection = random_tensor({1, 2, 2}, 1);
  GateWatch outer;
  {
    GateWatch inner;
    min_gru_scan(projection);
    min_gru_scan(projection);
    CHECK(inner.calls().size() == 2);
    CHECK(outer.calls().empty());
  }
  min_gru_scan(projection);
  CHECK(outer.calls().size() == 1);
  CHECK(GateWatch::active() == &outer);
}
