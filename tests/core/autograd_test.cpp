#include "../../core/autograd.h"

#include <set>
#include <thread>

#include "small_ops.h"

using namespace scangrad;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int kLong = 100'000;  // stack frames are larger there
#else
constexpr int kLong = 1'000'000;
#endif

}  // namespace

TEST_CASE("autograd: an op written by a user is differentiated") {
  const Tensor x = leaf(vec({1, -2, 3}));
  const Tensor y = squared(x);
  CHECK(y.requires_grad());
  CHECK(y.values() == Values{1, 4, 9});
  backward({y}, {vec({1, 10, 100})});
  CHECK(x.grad().values() == Values{2, -40, 600});
  CHECK(gradcheck([](const Tensors& in) { return squared(in[0]); }, {random_tensor({5, 3}, 1)}) < kGradTolerance);
  CHECK(gradcheck([](const Tensors& in) { return squared(squared(in[0])); }, {random_tensor({7}, 1)}) < kGradTolerance);
}

TEST_CASE("autograd: two inputs get their gradients by each function of Sinks") {
  for (const HandOver way : kAllWays) {
    const Tensor a = leaf(vec({1, 2})), b = leaf(vec({3, 4}));
    backward({combine(a, b, way)}, {vec({1, 10})});
    CHECK(a.grad().values() == Values{1, 10});
    CHECK(b.grad().values() == Values{2, 20});
  }
}

TEST_CASE("autograd: the same tensor twice as input gets the sum") {
  for (const HandOver way : kAllWays) {
    const Tensor x = leaf(vec({1, 2}));
    backward({combine(x, x, way)}, {vec({1, 10})});
    CHECK(x.grad().values() == Values{3, 30});
    backward({combine(x, x, way)}, {vec({1, 10})});
    CHECK(x.grad().values() == Values{6, 60});
    const Tensor y = scaled(x, 1);
    x.zero_grad();
    backward({combine(y, y, way)}, {vec({1, 10})});
    CHECK(x.grad().values() == Values{3, 30});
  }
}

TEST_CASE("autograd: inputs that need no gradient get none") {
  for (const HandOver way : kAllWays) {
    const Tensor a = leaf(vec({1, 2})), constant = vec({3, 4});
    backward({combine(a, constant, way)}, {vec({1, 10})});
    CHECK(a.grad().values() == Values{1, 10});
    CHECK(!constant.grad().defined());
  }
  std::vector<bool> wanted;
  const Tensor a = leaf(vec({1}));
  const Tensor y = record("watch", vec({1}), {Tensor(), a, vec({2})}, [&](const Tensor&, Sinks& into) {
    for (int i = 0; i < 3; ++i) wanted.push_back(into.wanted(i));
    CHECK(!into[0]);
    CHECK(into[2].data == nullptr);
    CHECK(into.zeroed(2) == nullptr);
    into.give(2, vec({1, 2, 3}));  // ignored
    into.give(1, vec({5}));
  });
  y.backward();
  CHECK(wanted == std::vector<bool>{false, true, false});
  CHECK(a.grad().values() == Values{5});
}

TEST_CASE("autograd: the first gradient is stored, later ones are added") {
  const Tensor x = leaf(vec({1, 2}));
  std::vector<Sink> sinks;
  const Tensor y = scaled(x, 1);
  const Tensor a = scaled(y, 2, &sinks), b = scaled(y, 3, &sinks), c = scaled(y, 5, &sinks);
  backward({a, b, c}, {vec({1, 1}), vec({1, 10}), vec({1, 100})});
  CHECK(x.grad().values() == Values{10, 532});
  REQUIRE(sinks.size() == 3);
  CHECK(!sinks[0].add);
  CHECK(sinks[1].add);
  CHECK(sinks[2].add);
  CHECK(sinks[0].data == sinks[1].data);
  CHECK(sinks[0].data == sinks[2].data);
}

TEST_CASE("autograd: a gradient shared by two inputs is copied before one is added to") {
  const Tensor x = leaf(vec({1, 2})), w = leaf(vec({3, 4})), dy = vec({1, 10});
  const Tensor a = scaled(x, 1), b = scaled(w, 1);
  const Tensor earlier = scaled(a, 3);  // runs after `sum`, when a and b share their gradient
  const Tensor sum = record("add", vec({4, 6}), {a, b}, [](const Tensor& g, Sinks& into) {
    into.give(0, g);
    into.give(1, g);
  });
  backward({sum, earlier}, {dy, vec({1, 1})});
  CHECK(x.grad().values() == Values{4, 13});
  CHECK(w.grad().values() == Values{1, 10});
  CHECK(dy.values() == Values{1, 10});
}

TEST_CASE("autograd: a gradient that is only passed on is not copied") {
  const Tensor x = leaf(vec({1, 2}));
  const real* seen = nullptr;
  const Tensor y = record("watch", x.clone(), {x}, [&](const Tensor& dy, Sinks& into) {
    seen = dy.data();
    into.give(0, dy);
  });
  const Tensor dy = vec({5, 6});
  backward({y.reshape({2, 1}).reshape({2})}, {dy});
  CHECK(seen == dy.data());
}

TEST_CASE("autograd: gradients of different leaves share no memory") {
  const Tensor a = leaf(vec({1, 2})), b = leaf(vec({3, 4})), dy = vec({1, 10});
  const Tensor kept = combine(a, b, by_gifts);
  kept.retain_grad();
  const Tensor y = record("add", vec({1, 1}), {kept, a, b}, [](const Tensor& g, Sinks& into) {
    for (int i = 0; i < 3; ++i) into.give(i, g);
  });
  y.retain_grad();
  backward({y}, {dy});
  const std::set<const real*> places = {a.grad().data(), b.grad().data(), kept.grad().data(), y.grad().data(),
                                        dy.data()};
  CHECK(places.size() == 5);
  CHECK(a.grad().values() == Values{2, 20});
  CHECK(b.grad().values() == Values{3, 30});
  CHECK(kept.grad().values() == Values{1, 10});
  CHECK(y.grad().values() == Values{1, 10});
}

TEST_CASE("autograd: several roots, an ancestor and a leaf among them, add up") {
  const Tensor x = leaf(vec({1, 2}));
  const Tensor y = squared(x), z = scaled(y, 3);
  backward({y, z, z, x}, {vec({1, 1}), vec({10, 0}), vec({0, 10}), vec({100, 100})});
  // dy = 1 + 30, dx = 2 x dy + 100
  CHECK(x.grad().values() == Values{162, 224});
  const Tensor s = scaled(leaf(vec({5})), 2), t = leaf(vec({5}));
  backward({s, scaled(t, 2)}, {Tensor(), vec({7})});
  CHECK(t.grad().values() == Values{14});
  backward({});
}

TEST_CASE("autograd: of several outputs some may be unused") {
  for (const int used : {0, 1, 2}) {
    const Tensor x = leaf(vec({1, 2, 3}));
    const Tensors parts = parts_of(x, 2);
    Tensors roots, gradients;
    if (used != 1) roots.push_back(scaled(parts[0], 2)), gradients.push_back(vec({1, 10}));
    if (used != 0) roots.push_back(parts[1]), gradients.push_back(vec({7}));
    backward(roots, gradients);
    CHECK(x.grad().values() == Values{real(used != 1 ? 2 : 0), real(used != 1 ? 20 : 0), real(used != 0 ? 7 : 0)});
  }
}

TEST_CASE("autograd: backward ends at an input that gets no gradient") {
  const Tensor x = leaf(vec({1})), w = leaf(vec({2}));
  const Tensor a = scaled(x, 2);
  const Tensor y = record("first only", vec({1}), {w, a}, [](const Tensor& dy, Sinks& into) { into.give(0, dy); });
  y.backward();
  CHECK(w.grad().item() == 1);
  CHECK(!has_grad(x));
  CHECK(!x.grad().defined());
}

TEST_CASE("autograd: nothing is recorded where recording is off") {
  const Tensor x = leaf(vec({1, 2}));
  CHECK(recording());
  {
    const NoGrad no_grad;
    CHECK(!recording());
    CHECK(!squared(x).requires_grad());
    {
      const Recording on(true);
      CHECK(squared(x).requires_grad());
    }
    CHECK(!recording());
    std::thread([] { CHECK(recording()); }).join();  // of this thread only
  }
  CHECK(recording());
  bool inside = true;
  record("watch", vec({1}), {x}, [&](const Tensor&, Sinks&) { inside = recording(); }).backward();
  CHECK(!inside);
  CHECK(recording());
}

TEST_CASE("autograd: backward runs inside a backward, for its own leaves and for others") {
  const Tensor x = random_tensor({5}, 1), w = random_tensor({5}, 2), dy = random_tensor({5}, 3);
  const auto check_same = [&](Layer plain, Layer again) {
    const Tensor x1 = leaf(x.clone()), w1 = leaf(w.clone()), x2 = leaf(x.clone()), w2 = leaf(w.clone());
    backward({scaled(plain(squared(x1), w1), 2), scaled(w1, 3)}, {dy, dy});
    backward({scaled(again(squared(x2), w2), 2), scaled(w2, 3)}, {dy, dy});
    CHECK(relative_error(x2.grad(), x1.grad()) < 1e-5);
    CHECK(relative_error(w2.grad(), w1.grad()) < 1e-5);
    CHECK(recording());
  };
  check_same(two_squares, [](const Tensor& a, const Tensor& b) { return recomputed(two_squares, a, b); });
  check_same([](const Tensor& a, const Tensor& b) { return two_squares(two_squares(a, b), b); }, nested);
  check_same(nested, [](const Tensor& a, const Tensor& b) { return recomputed(nested, a, b); });
}

TEST_CASE("autograd: a million ops run and are freed without recursion") {
  const Tensor x = leaf(vec({1, 2}));
  for (const bool run : {true, false}) {
    Tensor y = x;
    // Captures its input as it is, which keeps the graph before it alive: legal, if wasteful.
    for (int i = 0; i < kLong; ++i)
      y = record("pass", y.detach(), {y}, [y](const Tensor& dy, Sinks& into) { into.give(0, dy); });
    if (run) backward({y}, {vec({1, 10})});
  }
  CHECK(x.grad().values() == Values{1, 10});
}

TEST_CASE("autograd: saved tensors are freed as soon as the op's backward has run") {
  const int64_t start = memory_stats().live;
  const Tensor x = leaf(Tensor::full({1024}, 1));
  Tensor y = x;
  for (int i = 0; i < 100; ++i) y = squared(y);
  const int64_t kept = memory_stats().live - start;
  reset_peak_memory();
  backward({y}, {Tensor::full({1024}, 1)});
  CHECK(kept >= 101 * 1024 * int64_t(sizeof(real)));
  CHECK(memory_stats().peak - start < kept + 10 * 1024 * int64_t(sizeof(real)));
  CHECK(memory_stats().live - start < 5 * 1024 * int64_t(sizeof(real)));  // x, its gradient, y
}

TEST_CASE("autograd: 65,536 parts of one tensor are added in place, zeroed once") {
  constexpr int64_t T = 65'536;
  const Tensor x = leaf(Tensor::zeros({T}));
  std::set<real*> places;
  int64_t dirty = 0;  // parts that were not zero when they were reached
  Tensors roots, gradients;
  for (int64_t t = 0; t < T; ++t) {
    roots.push_back(record("part", Tensor({0}), {x}, [&, t](const Tensor&, Sinks& into) {
      real* const dx = into.zeroed(0);
      places.insert(dx);
      dirty += dx[t] != 0;
      dx[t] += real(t);
    }));
    gradients.push_back(roots.back().detach());
  }
  backward(roots, gradients);
  CHECK(places.size() == 1);
  CHECK(dirty == 0);
  CHECK(x.grad().data() == *places.begin());
  int64_t wrong = 0;
  for (int64_t t = 0; t < T; ++t) wrong += x.grad().data()[t] != real(t);
  CHECK(wrong == 0);
}

TEST_CASE("autograd: two threads run graphs of their own at the same time") {
  const auto train = [](uint64_t seed) {
    Tensor x = leaf(random_tensor({64}, seed));
    for (int step = 0; step < 100; ++step) {
      const Tensor y = squared(x);
      backward({combine(scaled(y, real(0.01)), y.reshape({64}), by_gifts)}, {Tensor::full({64}, real(0.1))});
      const Tensor dx = x.grad();
      elementwise(64, [to = x.mutable_data(), from = dx.data()](int64_t i) { to[i] -= from[i]; });
      x.zero_grad();
    }
    return x.detach();
  };
  const Tensor expected[] = {train(1), train(2)};
  Tensor found[2];
  std::thread other([&] { found[1] = train(2); });
  found[0] = train(1);
  other.join();
  for (int i = 0; i < 2; ++i) CHECK(same_bits(found[i], expected[i]));
}

TEST_CASE("autograd: a guard is entered once, before anything is touched, and left at the end") {
  struct Door : Guard {
    int entered = 0, inside = 0;
    bool closed = false;
    std::shared_ptr<const void> enter(const char* unit) override {
      if (closed) throw Error(std::string(unit) + ": closed");
      ++entered;
      ++inside;
      return std::shared_ptr<const void>(this, [this](const void*) { --inside; });
    }
  };
  const auto door = std::make_shared<Door>(), other = std::make_shared<Door>();
  const Tensor x = leaf(vec({1, 2})), w = leaf(vec({3, 4})), free = leaf(vec({5, 6})), dy = vec({1, 1});
  set_guard(x, door);
  set_guard(w, other);
  CHECK(guard_of(x) == door);
  CHECK(guard_of(scaled(x, 2)) == door);
  CHECK(guard_of(combine(w, x, by_gifts)) == other);
  CHECK(guard_of(free) == nullptr);
  CHECK(guard_of(vec({1})) == nullptr);

  int during = 0;
  const Tensor y = combine(combine(free, squared(x), by_gifts), w, by_gifts);
  const Tensor z = record("watch", y.clone(), {y, x}, [&](const Tensor& g, Sinks& into) {
    during = door->inside;
    into.give(0, g);
    into.give(1, g);
  });
  backward({z}, {dy});
  CHECK((during == 1 && door->entered == 1 && door->inside == 0));
  CHECK((other->entered == 1 && other->inside == 0));  // found on the way
  CHECK(x.grad().values() == Values{5, 9});

  const Tensor again = combine(free, squared(x), by_gifts);
  x.zero_grad();
  door->closed = true;
  CHECK(error_of_backward({again}, {dy}) == "backward: closed");
  CHECK(!has_grad(x));
  door->closed = false;
  backward({again}, {dy});  // the refused graph is still whole
  CHECK(x.grad().values() == Values{4, 8});
  CHECK(error_of([&] { set_guard(squared(x), door); }) == "autograd: set_guard needs a leaf");
}

TEST_CASE("autograd: the gradient of a leaf lies where place_grad says") {
  const Tensor x = leaf(vec({1, 2}));
  backward({squared(x)}, {vec({1, 1})});
  Tensor place = vec({-1, -1});
  place_grad(x, place);
  CHECK(x.grad().values() == Values{2, 4});  // the old gradient was moved
  backward({squared(x)}, {vec({1, 1})});
  CHECK(place.values() == Values{4, 8});
  x.zero_grad();
  CHECK(!has_grad(x));
  CHECK(!x.grad().defined());
  const Tensor dy = vec({5, 6});
  backward({x.reshape({2, 1})}, {dy.reshape({2, 1})});  // stored over the old numbers
  CHECK(place.values() == Values{5, 6});
  CHECK(x.grad().data() == place.data());
  CHECK(dy.data() != place.data());
}

TEST_CASE("autograd: a gradient may reuse the memory of dy if no other handle shares it") {
  std::vector<const real*> from, to;
  const auto negated = [&](const Tensor& x) {
    Tensor y(x.shape());
    elementwise(x.numel(), [to = y.mutable_data(), from = x.data()](int64_t i) { to[i] = -from[i]; });
    return record("negated", y, {x}, [&](const Tensor& dy, Sinks& into) {
      const Sink dx = into.over(0, dy);
      from.push_back(dy.data());
      to.push_back(dx.data);
      accumulate(dx, dy.numel(), [g = dy.data()](int64_t i) { return -g[i]; });
    });
  };
  const Tensor x = leaf(vec({1, 2})), dy = vec({1, 10});
  backward({scaled(negated(scaled(x, 2)), 3)}, {dy});
  CHECK(x.grad().values() == Values{-6, -60});
  CHECK(from.back() == to.back());

  x.zero_grad();
  backward({negated(scaled(x, 2))}, {dy});  // dy is the caller's
  CHECK(x.grad().values() == Values{-2, -20});
  CHECK(dy.values() == Values{1, 10});
  CHECK(from.back() != to.back());

  x.zero_grad();
  const Tensor y = scaled(x, 1);
  backward({combine(negated(y), y, by_gifts)}, {dy});  // a gradient is stored there already
  CHECK(x.grad().values() == Values{1, 10});

  const Tensor place = Tensor::zeros({2});  // the place of a gradient
  x.zero_grad();
  place_grad(x, place);
  backward({scaled(negated(x), 3)}, {dy});
  CHECK(place.values() == Values{-3, -30});
  CHECK(to.back() == place.data());
}

TEST_CASE("autograd: a leaf takes over a gradient without other handles, and copies any other") {
  Tensor held;
  const real* given = nullptr;
  const auto giving = [&](const Tensor& x, bool holds) {
    return record("giving", x.clone(), {x}, [&, holds](const Tensor& dy, Sinks& into) {
      const Tensor gradient = dy.clone();
      if (holds) held = gradient;
      given = gradient.data();
      into.give(0, gradient);
    });
  };
  const Tensor x = leaf(vec({1, 2})), dy = vec({1, 10});
  backward({giving(x, false)}, {dy});
  CHECK(x.grad().data() == given);
  backward({giving(x, false)}, {dy});
  CHECK(x.grad().values() == Values{2, 20});
  x.zero_grad();
  backward({giving(x, true)}, {dy});
  CHECK(x.grad().data() != given);
  backward({giving(x, false)}, {dy});
  CHECK(x.grad().values() == Values{2, 20});
  CHECK(held.values() == Values{1, 10});
}
