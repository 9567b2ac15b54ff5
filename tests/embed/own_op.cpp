// An op that the library does not have, with its gradient, checked by central differences in double precision.
#include <scangrad/scangrad.h>

using namespace scangrad;

static Tensor square(const Tensor& x) {
  Tensor y(x.shape());
  elementwise(x.numel(), [to = y.mutable_data(), from = x.data()](int64_t i) { to[i] = from[i] * from[i]; });
  return record("square", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) {
    accumulate(into[0], dy.numel(), [up = dy.data(), from = x.data()](int64_t i) { return 2 * from[i] * up[i]; });
  });
}

double own_op_error() {
  const Tensor x(Shape{5}, {1, -2, 3, 0.5, 4});
  return gradcheck([](const std::vector<Tensor>& in) { return square(in[0]); }, {x});
}
