#include "../../core/saved.h"

#include "../../core/autograd.h"
#include "small_ops.h"

using namespace scangrad;

namespace {

constexpr int64_t kMany = 4096;

// 3 x, rematerialized; counts how often it is computed.
Tensor tripled(const Tensor& x, int* made) {
  return rematerialized(
      [made](const Tensors& in) {
        if (!recording()) ++*made;
        return scaled(in[0], 3);
      },
      {x});
}

}  // namespace

TEST_CASE("saved: reading a tensor that was overwritten is an error") {
  Tensor x = leaf(vec({1, 2}));
  const Tensor y = squared(x);
  x.mutable_data()[0] = 5;
  CHECK(error_of([&] {
          backward({y}, {vec({1, 1})});
        }) == "backward: a tensor of shape [2] was overwritten after an op saved it");
  const Saved saved(x), none((Tensor()));
  CHECK(saved.data() == x.data());
  CHECK(saved.shape() == Shape{2});
  CHECK(saved.defined());
  CHECK(!none.defined());
  CHECK(none.data() == nullptr);
}

TEST_CASE("saved: a rematerialized tensor is not kept, is computed again once for all ops, and gives the same bits") {
  const auto run = [](bool remakes, int* made, int64_t* kept) {
    const Tensor x = leaf(random_tensor({kMany}, 1));
    const int64_t before = memory_stats().live;
    Tensor sum;
    {
      const Tensor y = remakes ? tripled(x, made) : scaled(x, 3);
      sum = combine(squared(y), squared(y.reshape({kMany / 2, 2}).reshape({kMany})), by_sinks);
    }
    *kept = memory_stats().live - before;
    backward({sum}, {random_tensor({kMany}, 2)});
    return x.grad();
  };
  int made = 0;
  int64_t with = 0, without = 0;
  const Tensor expected = run(false, &made, &with);
  CHECK(same_bits(run(true, &made, &without), expected));
  CHECK(made == 1);
  CHECK(with - without >= int64_t(kMany * sizeof(real)));
}

TEST_CASE("saved: numbers that are still in memory are not computed again") {
  int made = 0;
  const Tensor x = leaf(vec({1, -2})), y = tripled(x, &made), z = squared(y);
  CHECK(Saved(y).data() == y.data());
  backward({z}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{18, -36});
  CHECK(made == 0);
}

TEST_CASE("saved: after an overwrite, older saves are computed again, and newer saves are kept") {
  int made = 0;
  Tensor x = leaf(vec({1, -2})), y = tripled(x, &made);
  const Tensor z = squared(y);
  const Saved before(y);
  CHECK(before.data() == y.data());
  y.mutable_data()[0] = 100;
  CHECK(Saved(y).data()[0] == 100);
  CHECK(before.data()[0] == 3);
  backward({z}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{18, -36});
  CHECK(made == 1);

  const Tensor u = squared(tripled(x, &made));
  x.mutable_data()[0] = 5;
  CHECK(error_of([&] {
          backward({u}, {vec({1, 1})});
        }) == "backward: a tensor of shape [2] was overwritten after an op saved it");
}

TEST_CASE("saved: a detached tensor is kept as numbers, not rematerialized") {
  int made = 0;
  const int64_t before = memory_stats().live;
  Tensor y;
  {
    const Tensor x = leaf(random_tensor({kMany}, 1));
    y = tripled(x, &made).detach();
  }
  CHECK(memory_stats().live - before < int64_t(2 * kMany * sizeof(real)));
  for (int step = 0; step < 10; ++step) y = tripled(leaf(y.detach()), &made);
  CHECK(memory_stats().live - before < int64_t(3 * kMany * sizeof(real)));  // y and the last x
}

TEST_CASE("saved: a released tensor cannot be read, and is freed unless another op saved it") {
  int made = 0;
  const Tensor x = leaf(random_tensor({kMany}, 1));
  const Saved one(tripled(x, &made)), same = one, kept(x);
  const int64_t before = memory_stats().live;
  const auto live = [&] { return memory_stats().live - before; };
  one.data();
  one.release();
  CHECK(live() >= int64_t(kMany * sizeof(real)));
  same.data();
  CHECK(made == 1);
  same.release();
  CHECK(live() >= int64_t(kMany * sizeof(real)));  // both would still share it
  kept.release();
  CHECK(kept.shape() == Shape{kMany});
  CHECK(error_of([&] { kept.data(); }) == "backward: a saved tensor of shape [4096] was read after its release");
  CHECK(error_of([&] { one.data(); }) == "backward: a saved tensor of shape [4096] was read after its release");

  const Saved alone(tripled(x, &made));
  const int64_t now = memory_stats().live;
  alone.data();
  alone.release();
  CHECK(memory_stats().live == now);
}

TEST_CASE("saved: without recording nothing is computed again") {
  const Tensor x = vec({1, -2});
  Tensor y;
  {
    const NoGrad no_grad;
    y = rematerialized([](const Tensors& in) { return scaled(in[0], 3); }, {x});
  }
  const Saved saved(y);
  CHECK(saved.data() == y.data());
  y.mutable_data()[0] = 7;
  CHECK(error_of([&] { saved.data(); }) == "backward: a tensor of shape [2] was overwritten after an op saved it");
  CHECK(!rematerialized([](const Tensors& in) { return in[0]; }, {Tensor()}).defined());
}
