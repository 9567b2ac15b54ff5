#include "../../core/saved.h"

#include "../../core/autograd.h"
#include "small_ops.h"

using namespace scangrad;

namespace {

constexpr int64_t kMany = 4096;

// 3 x, to be made again; counts how often it was.
Tensor tripled(const Tensor& x, int* made) {
  return rematerialize(scaled(x, 3), [x = Saved(x), made] {
    ++*made;
    return scaled(x.get(), 3);
  });
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

TEST_CASE("saved: what is made again is not kept, is made once for all that saved it, and gives the same bits") {
  const Tensor x = leaf(random_tensor({kMany}, 1)), dy = random_tensor({kMany}, 2);
  backward({combine(squared(scaled(x, 3)), squared(scaled(x, 3)), by_sinks)}, {dy});
  const Tensor expected = x.grad().clone();
  x.zero_grad();

  int made = 0;
  const int64_t before = memory_stats().live;
  Tensor sum;
  {
    const Tensor y = tripled(x, &made);
    sum = combine(squared(y), squared(y.reshape({kMany / 2, 2}).reshape({kMany})), by_sinks);
  }
  CHECK(memory_stats().live - before < int64_t(2 * kMany * sizeof(real)));  // the sum alone
  CHECK(made == 0);
  backward({sum}, {dy});
  CHECK(made == 1);
  CHECK(relative_error(x.grad(), expected) < 1e-6);
}

TEST_CASE("saved: numbers that are still there are not made again") {
  int made = 0;
  const Tensor x = leaf(vec({1, -2})), y = tripled(x, &made), z = squared(y);
  CHECK(Saved(y).data() == y.data());
  backward({z}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{18, -36});
  CHECK(made == 0);
}

TEST_CASE("saved: numbers that were overwritten before an op saved them are kept, and afterwards they are made again") {
  int made = 0;
  Tensor x = leaf(vec({1, -2})), y = tripled(x, &made);
  const Tensor z = squared(y);
  y.mutable_data()[0] = 100;
  CHECK(Saved(y).data()[0] == 100);
  backward({z}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{18, -36});
  CHECK(made == 1);

  const Tensor u = squared(tripled(x, &made));
  x.mutable_data()[0] = 5;
  CHECK(error_of([&] {
          backward({u}, {vec({1, 1})});
        }) == "backward: a tensor of shape [2] was overwritten after an op saved it");
}

TEST_CASE("saved: what is released is gone unless somebody else saved it too") {
  int made = 0;
  const Tensor x = leaf(random_tensor({kMany}, 1));
  const auto save = [&] { return Saved(tripled(x, &made)); };
  const Saved one = save();
  const Saved same = one;
  const int64_t before = memory_stats().live;
  const auto live = [&] { return memory_stats().live - before; };
  one.data();
  one.release();
  CHECK(live() >= int64_t(kMany * sizeof(real)));
  same.data();
  CHECK(made == 1);
  same.release();
  const Saved another = save();
  another.data();
  CHECK(made == 2);
  another.release();
  CHECK(another.shape() == Shape{kMany});
}

TEST_CASE("saved: without recording nothing is made again, and undefined tensors stay so") {
  int made = 0;
  const NoGrad no_grad;
  const Tensor x = vec({1, -2});
  const Saved saved(tripled(x, &made));
  CHECK(saved.get().values() == Values{3, -6});
  CHECK(made == 0);
  const Recording on(true);
  CHECK(!rematerialize(Tensor(), [] { return Tensor(); }).defined());
}
