// Errors of backward(), and what they leave unchanged.
#include "../../core/autograd.h"

#include "small_ops.h"

using namespace scangrad;

TEST_CASE("autograd: a second backward is an error and leaves the gradients alone") {
  const Tensor x = leaf(vec({1, 2})), dy = vec({1, 1});
  const Tensor y = squared(x), z = scaled(y, 3);
  z.retain_grad();
  backward({z}, {dy});
  CHECK(error_of_backward({z}, {dy}) == "backward: the graph below scaled was already consumed by an earlier backward");
  CHECK(error_of_backward({x, y}, {dy, dy}) ==
        "backward: the graph below squared was already consumed by an earlier backward");
  CHECK(x.grad().values() == Values{6, 12});
  CHECK(z.grad().values() == Values{1, 1});
  const Tensor other = squared(x);
  const Tensor left = scaled(other, 1), right = scaled(other, 1);
  backward({left}, {dy});
  CHECK(error_of_backward({right}, {dy}) ==
        "backward: the graph below squared was already consumed by an earlier backward");
}

TEST_CASE("autograd: errors name wrong roots and gradients, and change nothing") {
  const Tensor x = leaf(vec({1, 2})), y = squared(x), dy = vec({1, 1});
  CHECK(error_of_backward({y, vec({1})}, {dy, vec({1})}) ==
        "backward: root 1 is outside any graph, but one op on a tensor that requires grad is needed");
  CHECK(error_of([&] { backward({Tensor()}); }) ==
        "backward: root 0 is outside any graph, but one op on a tensor that requires grad is needed");
  CHECK(error_of([&] { y.backward(); }) ==
        "backward: root 0 has shape [2], but without a gradient one element is needed");
  CHECK(error_of_backward({y, y}, {dy, Tensor()}) ==
        "backward: root 1 has shape [2], but without a gradient one element is needed");
  CHECK(error_of_backward({y, y}, {dy, vec({1, 2, 3})}) == "backward: gradient 1 has shape [3], but its root has [2]");
  CHECK(error_of_backward({y, x}, {dy}) == "backward: 1 gradients were given for 2 roots");
  const Tensor wrong = record("wrong", vec({1}), {x}, [](const Tensor& g, Sinks& into) { into.give(0, g); });
  CHECK(error_of([&] { wrong.backward(); }) == "wrong: gradient of input 0 has shape [1], but the input has [2]");
  CHECK(!has_grad(x));
  backward({y}, {dy});
  CHECK(x.grad().values() == Values{2, 4});
}

TEST_CASE("autograd: only a leaf has a gradient to place, in its own shape") {
  const Tensor x = leaf(vec({1, 2}));
  CHECK(error_of([&] { place_grad(squared(x), vec({1, 2})); }) == "autograd: place_grad needs a leaf");
  CHECK(error_of([&] { place_grad(vec({1, 2}), vec({1, 2})); }) == "autograd: place_grad needs a leaf");
  CHECK(error_of([&] { place_grad(x, vec({1, 2, 3})); }) == "autograd: place has shape [3], but the leaf has [2]");
  CHECK(error_of([&] { place_grad(leaf(Tensor::zeros({})), Tensor()); }) ==
        "autograd: place_grad needs a defined place");
  CHECK(error_of([&] { set_name(squared(x), "x"); }) == "autograd: set_name needs a leaf");
}

TEST_CASE("autograd: a failed backward leaves other graphs usable") {
  const Tensor x = leaf(vec({1, 2})), dy = vec({1, 10});
  const Tensor y = squared(x);
  for (int round = 0; round < 2; ++round) {
    const Tensor bad = failing(squared(y));
    CHECK(error_of_backward({combine(y, bad, by_gifts)}, {dy}) == "failing: as it should");
    CHECK(recording());
  }
  x.zero_grad();
  backward({y}, {dy});  // no gradient of the failed backward is left
  CHECK(x.grad().values() == Values{2, 40});
  backward({squared(x)}, {dy});
  CHECK(x.grad().values() == Values{4, 80});
}
