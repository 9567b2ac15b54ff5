#include "../../core/tensor.h"

#include <utility>

#include "small_ops.h"

using namespace scangrad;

TEST_CASE("tensor: values lie in row-major order") {
  const Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.defined());
  CHECK(x.shape() == Shape{2, 3});
  CHECK(x.size(0) == 2);
  CHECK(x.size(-1) == 3);
  CHECK(x.numel() == 6);
  CHECK(x.data()[1 * 3 + 2] == 6);
  CHECK(x.values() == Values{1, 2, 3, 4, 5, 6});
  CHECK(reinterpret_cast<uintptr_t>(x.data()) % kAlignment == 0);
}

TEST_CASE("tensor: an undefined tensor has no shape, no numbers and no gradient") {
  Tensor none;
  CHECK(!none.defined());
  CHECK(none.numel() == 0);
  CHECK(none.data() == nullptr);
  CHECK(none.mutable_data() == nullptr);
  CHECK(none.values().empty());
  CHECK(none.version() == 0);
  CHECK(!none.requires_grad());
  CHECK(!none.grad().defined());
  CHECK(!none.clone().defined());
  CHECK(!none.detach().defined());
  none.zero_grad();
  none.copy_from(Tensor());
  CHECK(!none.defined());
}

TEST_CASE("tensor: full and zeros fill, and a scalar has one element") {
  CHECK(Tensor::full({2, 2}, 7).values() == Values{7, 7, 7, 7});
  CHECK(Tensor::zeros({3}).values() == Values{0, 0, 0});
  CHECK(Tensor::full({}, 5).item() == 5);
  CHECK(Tensor({1, 1, 1}, {4}).item() == 4);
}

TEST_CASE("tensor: an empty tensor is defined") {
  Tensor empty({3, 0, 2});
  CHECK(empty.defined());
  CHECK(empty.numel() == 0);
  CHECK(empty.values().empty());
  CHECK(empty.clone().shape() == Shape{3, 0, 2});
  CHECK(empty.reshape({0}).shape() == Shape{0});
  empty.copy_from(Tensor({3, 0, 2}, {}));
  CHECK(empty.numel() == 0);
}

TEST_CASE("tensor: a copy shares the numbers, a clone has its own") {
  Tensor x({2}, {1, 2});
  const Tensor copy = x, clone = x.clone();
  x.mutable_data()[0] = 9;
  CHECK(copy.values() == Values{9, 2});
  CHECK(clone.values() == Values{1, 2});
  CHECK(copy.version() == x.version());
  CHECK(clone.version() == 0);
}

TEST_CASE("tensor: every kind of write changes the version, reading does not") {
  Tensor x({2}, {1, 2});
  const uint64_t start = x.version();
  CHECK(x.values().size() == 2);
  CHECK(x.reshape({2, 1}).detach().version() == start);
  x.mutable_data()[0] = 1;
  CHECK(x.version() == start + 1);
  x.copy_from(Tensor({2}, {3, 4}));
  CHECK(x.version() == start + 2);
  real memory[2];
  x.move_to(memory, nullptr);
  CHECK(x.version() == start + 3);
}

TEST_CASE("tensor: reshape shares the numbers") {
  Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor y = x.reshape({3, 2});
  CHECK(y.shape() == Shape{3, 2});
  CHECK(y.data() == x.data());
  CHECK(x.shape() == Shape{2, 3});
  CHECK(!y.requires_grad());
}

TEST_CASE("tensor: the gradient of reshape has the shape of its input") {
  const Tensor x = leaf(random_tensor({2, 3}, 1));
  const Tensor y = x.reshape({3, 2}).reshape({6});
  backward({y}, {Tensor({6}, {1, 2, 3, 4, 5, 6})});
  CHECK(x.grad().shape() == Shape{2, 3});
  CHECK(x.grad().values() == Values{1, 2, 3, 4, 5, 6});
  CHECK(gradcheck([](const std::vector<Tensor>& in) { return in[0].reshape({3, 2}); }, {x}) < kGradTolerance);
}

TEST_CASE("tensor: memory of the caller is used without a copy, and its keeper held as long as needed") {
  real memory[] = {1, 2, 3, 4};
  const auto keeper = std::make_shared<int>(0);
  {
    Tensor x = Tensor::over(memory, {2, 2}, keeper);
    CHECK(x.data() == memory);
    x.mutable_data()[3] = 7;
    CHECK(memory[3] == 7);
    const Tensor copy = x.reshape({4});
    x = Tensor();
    CHECK(keeper.use_count() == 2);
    CHECK(copy.values() == Values{1, 2, 3, 7});
  }
  CHECK(keeper.use_count() == 1);
}

TEST_CASE("tensor: the deleter of a keeper is called once, when the last handle dies") {
  real memory[6] = {};
  int64_t calls = 0;
  const auto let_go = [&](const void* data) { calls += data == memory ? 1 : 100; };
  {
    Tensor x = Tensor::over(memory, {6}, std::shared_ptr<const void>(memory, let_go));
    const Tensor view = x.reshape({2, 3});
    Tensor y = squared(leaf(view.detach()));  // keeps x for backward
    x = Tensor();
    CHECK(calls == 0);
    backward({y}, {Tensor::zeros({2, 3})});
    y = Tensor();
    CHECK(calls == 0);
    const std::shared_ptr<const void> keeper = view.keeper();
    CHECK(keeper.get() == memory);
  }
  CHECK(calls == 1);
  { const Tensor none = Tensor::over(static_cast<real*>(nullptr), {0}, std::shared_ptr<const void>(memory, let_go)); }
  CHECK(calls == 2);
}

TEST_CASE("tensor: const memory is read-only, in every shape") {
  const real memory[] = {1, 2, 3, 4};
  Tensor x = Tensor::over(memory, {2, 2}, nullptr);
  CHECK(x.read_only());
  CHECK(x.values() == Values{1, 2, 3, 4});
  Tensor flat = x.reshape({4});
  const std::string refused = "tensor: memory of shape [2, 2] is read-only, but a write was attempted";
  CHECK(error_of([&] { x.mutable_data(); }) == refused);
  CHECK(error_of([&] { x.copy_from(Tensor::zeros({2, 2})); }) == refused);
  CHECK(error_of([&] { flat.mutable_data(); }) ==
        "tensor: memory of shape [4] is read-only, but a write was attempted");
  CHECK(x.version() == 0);
  CHECK(!x.clone().read_only());
  real elsewhere[4];
  x.move_to(elsewhere, nullptr);
  CHECK(!x.read_only());
  CHECK(!Tensor().read_only());
}

TEST_CASE("tensor: a gradient in const memory is read, not written") {
  const real memory[] = {1, 10};
  const auto give = [&](const Tensor& x) {
    return record("give", x.clone(), {x},
                  [&](const Tensor&, Sinks& into) { into.give(0, Tensor::over(memory, {2}, nullptr)); });
  };
  const Tensor x = leaf(vec({1, 2})), y = scaled(x, 3);
  backward({give(y), give(y)}, {vec({0, 0}), vec({0, 0})});
  CHECK(x.grad().values() == Values{6, 60});
  CHECK(memory[1] == 10);
}

TEST_CASE("tensor: a write to memory of the caller counts as a write for tensors that ops saved") {
  std::vector<real> memory = {1, 2};
  Tensor x = Tensor::over(memory.data(), {2}, nullptr);
  const Tensor y = squared(leaf(x));
  x.mutable_data()[0] = 5;
  CHECK(memory[0] == 5);
  CHECK(error_of([&] {
          backward({y}, {vec({1, 1})});
        }) == "backward: a tensor of shape [2] was overwritten after an op saved it");
}

TEST_CASE("tensor: move_to moves the numbers, for every handle on them") {
  Tensor x({2, 2}, {1, 2, 3, 4});
  const Tensor copy = x, flat = x.reshape({4});
  const auto keeper = std::make_shared<std::vector<real>>(6);
  x.move_to(keeper->data() + 1, keeper);
  CHECK(*keeper == Values{0, 1, 2, 3, 4, 0});
  CHECK(copy.data() == keeper->data() + 1);
  CHECK(flat.data() == keeper->data() + 1);
  CHECK(keeper.use_count() == 2);
  (*keeper)[2] = 9;
  CHECK(copy.values() == Values{1, 9, 3, 4});
}

TEST_CASE("tensor: move_to frees the old memory") {
  const int64_t before = memory_stats().live;
  Tensor x({1024});
  CHECK(memory_stats().live > before);
  std::vector<real> memory(1024);
  x.move_to(memory.data(), nullptr);
  CHECK(memory_stats().live == before);
}

TEST_CASE("tensor: copy_from overwrites the numbers of every handle") {
  Tensor x = Tensor::zeros({2});
  const Tensor copy = x;
  x.copy_from(Tensor({2}, {3, 4}));
  CHECK(copy.values() == Values{3, 4});
  x.copy_from(copy);
  CHECK(x.values() == Values{3, 4});
}

TEST_CASE("tensor: detach leaves the graph and shares the numbers") {
  const Tensor x = leaf(Tensor({2}, {1, 2}));
  const Tensor detached = x.detach();
  CHECK(x.requires_grad());
  CHECK(!detached.requires_grad());
  CHECK(detached.data() == x.data());
  CHECK(!x.clone().requires_grad());
  CHECK(!detached.reshape({1, 2}).requires_grad());
  CHECK(x.reshape({1, 2}).requires_grad());
}

TEST_CASE("tensor: backward() of a scalar starts with gradient 1") {
  const Tensor x = leaf(Tensor({1, 1}, {3}));
  squared(x).backward();
  CHECK(x.grad().shape() == Shape{1, 1});
  CHECK(x.grad().item() == 6);
  const Tensor scalar = leaf(Tensor({}, {4}));
  squared(scalar).backward();
  CHECK(scalar.grad().item() == 8);
}

TEST_CASE("tensor: a result keeps its gradient on request") {
  const Tensor x = leaf(vec({1, 2}));
  const Tensor y = squared(x), z = scaled(y, 3), last = scaled(z, 1);
  y.retain_grad();
  last.retain_grad();
  backward({last}, {vec({1, 10})});
  CHECK(y.grad().values() == Values{3, 30});
  CHECK(last.grad().values() == Values{1, 10});
  CHECK(!z.grad().defined());
  CHECK(x.grad().values() == Values{6, 120});
  y.zero_grad();
  CHECK(!y.grad().defined());
}

TEST_CASE("tensor: gradients of two backward passes add up until they are zeroed") {
  const Tensor x = leaf(vec({1, 2}));
  CHECK(!has_grad(x));
  backward({squared(x)}, {vec({1, 1})});
  const Tensor first = x.grad();
  CHECK(has_grad(x));
  backward({scaled(x, 10)}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{12, 14});
  CHECK(first.values() == Values{2, 4});
  x.zero_grad();
  CHECK(!has_grad(x));
  CHECK(!x.grad().defined());
  backward({squared(x)}, {vec({1, 1})});
  CHECK(x.grad().values() == Values{2, 4});
}

TEST_CASE("tensor: a tensor is in the graph, or a leaf, or neither, as it is set") {
  Tensor x = vec({1, 2});
  CHECK(!squared(x).requires_grad());
  x.set_requires_grad(true);
  backward({squared(x)}, {vec({1, 1})});
  x.set_requires_grad(true);  // changes nothing
  CHECK(has_grad(x));
  const Tensor y = squared(x);
  Tensor cut = y;
  cut.set_requires_grad(false);
  CHECK(!cut.requires_grad());
  CHECK(y.requires_grad());
  cut.set_requires_grad(true);
  backward({scaled(cut, 5)}, {vec({1, 1})});
  CHECK(cut.grad().values() == Values{5, 5});
  CHECK(x.grad().values() == Values{2, 4});
}

TEST_CASE("tensor: errors name wrong sizes") {
  CHECK(error_of([] { Tensor({2, 3}, {1, 2}); }) == "tensor: values has 2 numbers, but shape [2, 3] needs 6");
  CHECK(error_of([] { Tensor({2, 3}).reshape({4}); }) == "tensor: reshape to [4] needs 4 elements, but [2, 3] has 6");
  CHECK(error_of([] { Tensor().reshape({1}); }) == "tensor: reshape to [1] needs 1 elements, but [] has 0");
  CHECK(error_of([] { Tensor({2, 1}).item(); }) == "tensor: item() needs one element, but shape [2, 1] has 2");
  CHECK(error_of([] { Tensor().item(); }) == "tensor: item() needs one element, but shape [] has 0");
  Tensor x({2, 3});
  CHECK(error_of([&] { x.copy_from(Tensor({3, 2})); }) == "tensor: copy_from has shape [3, 2], but [2, 3] is needed");
  CHECK(error_of([&] { x.size(2); }) == "shape: axis is 2, but [2, 3] has 2 axes");
  CHECK(error_of([] { Tensor().size(0); }) == "shape: axis is 0, but [] has 0 axes");
  CHECK(error_of([] { Tensor({2, -1}); }) == "shape: [2, -1] has a negative size, but sizes are at least 0");
}

TEST_CASE("tensor: an undefined tensor is an error where numbers are needed") {
  Tensor none, scalar = Tensor::zeros({});
  CHECK(error_of([&] { none.set_requires_grad(true); }) == "tensor: set_requires_grad needs a defined tensor");
  CHECK(error_of([] { vec({1}).retain_grad(); }) == "tensor: retain_grad needs a tensor inside a graph");
  CHECK(error_of([&] { scalar.copy_from(none); }) == "tensor: copy_from needs both tensors defined or both undefined");
  CHECK(error_of([&] { none.copy_from(scalar); }) == "tensor: copy_from needs both tensors defined or both undefined");
  CHECK(error_of([&] { none.move_to(nullptr, nullptr); }) == "tensor: move_to needs a defined tensor");
}

TEST_CASE("tensor: memory that cannot hold the numbers is refused") {
  real memory[3] = {};
  CHECK(error_of([] {
          Tensor::over(static_cast<real*>(nullptr), {2, 3}, nullptr);
        }) == "tensor: memory is null, but shape [2, 3] has 6 elements");
  const real* const between = reinterpret_cast<const real*>(reinterpret_cast<const char*>(memory) + 2);
  CHECK(error_of([&] { Tensor::over(between, {2}, nullptr); }) ==
        "tensor: memory is 2 bytes after a multiple of " + std::to_string(sizeof(real)) + ", but a multiple is needed");
  CHECK(Tensor::over(memory + 1, {2}, nullptr).data() == memory + 1);
}

TEST_CASE("tensor: more elements than memory is an error of one line") {
  const auto starts = [](const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; };
  const int64_t count = int64_t(1) << 60;
  CHECK(starts(error_of([=] { Tensor({count}); }),
               "tensor: no room for shape [1152921504606846976]: memory: " + std::to_string(sizeof(real) << 60) +
                   " bytes were asked for, but the system has no more ("));
  CHECK(starts(error_of([=] { Ids({count}); }),
               "memory: 4611686018427387904 bytes were asked for, but the system has no more ("));
  limit_memory(int64_t(1) << 40);  // some systems promise more than they have
  const std::string beyond = error_of([] { Tensor({1 << 20, 1 << 10, 1 << 10}); });
  limit_memory(0);
  CHECK(starts(beyond, "tensor: no room for shape [1048576, 1024, 1024]: memory: " +
                           std::to_string(sizeof(real) << 40) + " bytes were asked for, but the limit is "));
}
