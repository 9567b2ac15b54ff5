#include "../../../core/observe/nan_watch.h"

#include <limits>

#include "../../testing.h"
#include "../small_ops.h"

using namespace scangrad;

namespace {

constexpr real kInf = std::numeric_limits<real>::infinity();

// 1 / x, whose backward is -dy / x^2.
Tensor inverse(const Tensor& x, const char* name = "inverse") {
  Tensor y(x.shape());
  elementwise(y.numel(), [to = y.mutable_data(), from = x.data()](int64_t i) { to[i] = 1 / from[i]; });
  return record(name, y, {x}, [y = Saved(y)](const Tensor& dy, Sinks& into) {
    accumulate(into[0], dy.numel(), [p = y.data(), g = dy.data()](int64_t i) { return -g[i] * p[i] * p[i]; });
  });
}

Tensor named(const Tensor& tensor, const std::string& name) {
  const Tensor result = leaf(tensor);
  set_name(result, name);
  return result;
}

std::string text_of(const NanWatch& watch) {
  return watch.found() ? watch.found()->text() : "nothing";
}

}  // namespace

TEST_CASE("nan_watch: finds the first result that is not finite, with its rows") {
  const Tensor x = leaf(Tensor({3, 2}, {1, 2, 0, 4, 5, 0}));
  NanWatch watch;
  const Tensor y = inverse(squared(x));
  squared(y);
  REQUIRE(watch.found());
  const NanFinding& found = *watch.found();
  CHECK((found.op == "inverse" && found.layer.empty() && found.role == NanFinding::Role::kResult));
  CHECK((found.shape == Shape{3, 2} && found.rows == std::vector<int64_t>{1, 2} && found.first == 2));
  CHECK((found.value == double(kInf) && found.infinities == 2 && found.nans == 0));
  CHECK(found.text() == "inverse gives inf in rows 1 and 2 of its result");
  REQUIRE(watch.seen().size() == 2);  // nothing after the finding
  CHECK((watch.seen()[0].op == "squared" && watch.seen()[0].largest == 25 && watch.seen()[0].calls == 1));
  CHECK((watch.seen()[1].op == "inverse" && watch.seen()[1].largest == double(kInf)));
}

TEST_CASE("nan_watch: finds a gradient that is not finite though every result is") {
  const Tensor x = leaf(Tensor({3, 1}, {1, std::numeric_limits<real>::min(), 2}));
  for (const int count : {1, 3}) {
    const WithThreads with(count);
    NanWatch watch;
    backward({scaled(inverse(scaled(x, 1)), 2)}, {Tensor::full({3, 1}, 1)});
    CHECK(text_of(watch) == "inverse gives -inf in row 1 of the gradient of its input 0");
    CHECK(watch.found()->role == NanFinding::Role::kGradient);
    CHECK(watch.seen().back().backward);
  }
}

TEST_CASE("nan_watch: an input that was not finite is the finding, not the op") {
  const Tensor batch({2, 2}, {1, 2, NAN, 4}), weight = named(vec({1, kInf, 3}), "layer.weight");
  {
    NanWatch watch;
    squared(squared(batch));
    CHECK(text_of(watch) == "squared takes nan in row 1 of its input 0, which no op made");
    CHECK(watch.found()->role == NanFinding::Role::kInput);
  }
  NanWatch watch;
  squared(vec({1}));
  squared(weight);
  CHECK(text_of(watch) == "squared of layer takes layer.weight, which holds inf at element 1");
}

TEST_CASE("nan_watch: the layer is that of the op's parameters, or of the parameters used last") {
  const Tensor weight = named(vec({1, 2}), "blocks.1.mixer.weight"), other = named(vec({1, 1}), "head.weight");
  const Tensor huge = vec({1, std::numeric_limits<real>::max()});
  {
    NanWatch watch;
    combine(weight, huge, by_sinks);
    CHECK(text_of(watch) == "combine of blocks.1.mixer gives inf at element 1 of its result");
  }
  {
    NanWatch watch;
    const NoGrad no_grad;  // names stay known
    combine(weight, vec({1, 1}), by_sinks);
    squared(huge);
    CHECK(text_of(watch) == "squared after blocks.1.mixer gives inf at element 1 of its result");
  }
  {
    NanWatch watch;
    squared(scaled(combine(weight, vec({1, 1}), by_sinks), std::numeric_limits<real>::max() / 8));
    CHECK(text_of(watch) == "squared after blocks.1.mixer gives inf at element 0 of its result");
  }
  // Backward goes by the layer of the forward pass, whatever came after it.
  NanWatch watch;
  const Tensor y = inverse(scaled(weight, std::numeric_limits<real>::min()));
  squared(other);
  backward({y}, {vec({1, 1})});
  CHECK(text_of(watch) == "inverse after blocks.1.mixer gives -inf at element 0 of the gradient of its input 0");
}

TEST_CASE("nan_watch: a parameter is named in findings of its gradient and its update") {
  const Tensor weight = named(vec({1, std::numeric_limits<real>::min()}), "layer.weight");
  {
    NanWatch watch;
    backward({inverse(weight)}, {vec({1, 1})});
    CHECK(text_of(watch) == "inverse of layer gives -inf at element 1 of the gradient of layer.weight");
    CHECK(watch.found()->rows.empty());
  }
  const std::string name = "layer.weight";
  NanWatch watch;
  watch.record_update("adamw", {{vec({1}), &name}, {vec({1, NAN}), &name}});
  CHECK(text_of(watch) == "adamw gives nan at element 1 of layer.weight");
}

TEST_CASE("nan_watch: many rows are counted") {
  const auto rows = [](int64_t bad, int64_t all) {
    Tensor x = Tensor::full({all, 2}, 1);
    for (int64_t row = 0; row < bad; ++row) x.mutable_data()[2 * row] = 0;
    NanWatch watch;
    inverse(x);
    return text_of(watch);
  };
  CHECK(rows(3, 4) == "inverse gives inf in rows 0, 1 and 2 of its result");
  CHECK(rows(4, 4) == "inverse gives inf in all 4 rows of its result");
  CHECK(rows(1, 1) == "inverse gives inf in row 0 of its result");
  CHECK(rows(11, 12) == "inverse gives inf in rows 0, 1, 2, 3, 4, 5, 6, 7 and 3 more of its result");
}

TEST_CASE("nan_watch: finite numbers of every magnitude are no finding, with any number of threads") {
  const real largest = std::numeric_limits<real>::max();
  for (const int count : {1, 2, 3}) {
    const WithThreads with(count);
    Tensor x = Tensor::full({500'003}, -1);  // enough for three threads
    x.mutable_data()[277'777] = -largest;
    x.mutable_data()[5] = std::numeric_limits<real>::denorm_min();
    NanWatch watch;
    scaled(x, 1);
    CHECK(!watch.found());
    CHECK(watch.seen()[0].largest == double(largest));
    x.mutable_data()[500'002] = -NAN;
    scaled(x, 1);
    CHECK(text_of(watch) == "scaled takes nan at element 500002 of its input 0, which no op made");
  }
}

TEST_CASE("nan_watch: the largest number of several calls is kept, also for scalars") {
  NanWatch watch;
  for (const real value : {real(3), real(-5), real(2)}) scaled(Tensor::full({}, value), 1);
  REQUIRE(watch.seen().size() == 1);
  CHECK((watch.seen()[0].calls == 3 && watch.seen()[0].largest == 5));
}

TEST_CASE("nan_watch: the newest watch of a thread is used, also for recomputation in backward") {
  CHECK(watching_nan() == nullptr);
  NanWatch outer;
  {
    const NanWatch inner;
    CHECK(watching_nan() == &inner);
    inverse(vec({0}));
    CHECK(inner.found());
  }
  CHECK((watching_nan() == &outer && !outer.found()));
  const real small = std::numeric_limits<real>::min();
  const Layer f = [](const Tensor& x, const Tensor& w) { return combine(inverse(x, "inner"), w, by_sinks); };
  const Tensor x = leaf(vec({small})), w = named(vec({1}), "w");
  backward({recomputed(f, scaled(x, 1), w)}, {vec({1})});
  CHECK(text_of(outer) == "inner after w gives -inf at element 0 of the gradient of its input 0");
}
