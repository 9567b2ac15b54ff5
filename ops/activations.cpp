#include "activations.h"

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/vec_math.h"
#include "../core/loops.h"
#include "gelu.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// What a derivative is computed from, and hence what the op keeps.
enum class Keeps { kArgument, kResult };

// A function: f(x), and df of what it keeps. Both sides of a case distinction are computed before one is chosen, so
// that loops have no branches.

struct Sigmoid {
  static constexpr const char* kName = "sigmoid";
  static constexpr Keeps kKeeps = Keeps::kResult;
  static real f(real x) { return vsigmoid(x); }
  static real df(real y) { return y * (1 - y); }
};

struct Tanh {
  static constexpr const char* kName = "tanh";
  static constexpr Keeps kKeeps = Keeps::kResult;
  static real f(real x) { return vtanh(x); }
  static real df(real y) { return 1 - y * y; }
};

struct Exp {
  static constexpr const char* kName = "exp";
  static constexpr Keeps kKeeps = Keeps::kResult;
  static real f(real x) { return vexp(x); }
  static real df(real y) { return y; }
};

struct Log {
  static constexpr const char* kName = "log";
  static constexpr Keeps kKeeps = Keeps::kArgument;
  static real f(real x) { return vlog(x); }
  static real df(real x) { return 1 / x; }
};

struct Softplus {
  static constexpr const char* kName = "softplus";
  static constexpr Keeps kKeeps = Keeps::kArgument;
  static real f(real x) { return vsoftplus(x); }
  static real df(real x) { return vsigmoid(x); }
};

struct Relu {
  static constexpr const char* kName = "relu";
  static constexpr Keeps kKeeps = Keeps::kResult;
  static real f(real x) { return x < 0 ? 0 : x; }
  static real df(real y) { return y > 0 ? 1 : 0; }
};

struct Gelu {
  static constexpr const char* kName = "gelu";
  static constexpr Keeps kKeeps = Keeps::kArgument;
  static real f(real x) { return gelu_value(x); }
  static real df(real x) { return gelu_slope(x); }
};

struct Silu {
  static constexpr const char* kName = "silu";
  static constexpr Keeps kKeeps = Keeps::kArgument;
  static real f(real x) { return x * vsigmoid(x); }
  static real df(real x) {
    const real s = vsigmoid(x);
    return s * (1 + x * (1 - s));
  }
};

struct PositiveG {
  static constexpr const char* kName = "positive_g";
  static constexpr Keeps kKeeps = Keeps::kResult;
  static real f(real x) {
    const real above = x + real(0.5), below = vsigmoid(x);
    return x < 0 ? below : above;
  }
  static real df(real y) { return y < real(0.5) ? y * (1 - y) : 1; }
};

struct LogG {
  static constexpr const char* kName = "log_g";
  static constexpr Keeps kKeeps = Keeps::kArgument;
  static real f(real x) {
    const real above = x + real(0.5), below = vsigmoid(-x);  // x + log(sigmoid(-x)) = -softplus(-x)
    return (x < 0 ? x : 0) + vlog(x < 0 ? below : above);
  }
  static real df(real x) {
    const real above = x + real(0.5), below = 1 + vexp(x);
    return 1 / (x < 0 ? below : above);
  }
};

template <class F>
void activation_forward(real* y, const real* x, int64_t n) {
  elementwise(n, [=](int64_t i) { y[i] = F::f(x[i]); });
}

template <class F>
void activation_backward(Sink dx, const real* dy, const real* kept, int64_t n) {
  // The attribute is for clang, which leaves a long function that is used twice out of line and the loop scalar.
  const auto value = [=](int64_t i) __attribute__((always_inline)) {
    return dy[i] * F::df(kept[i]);
  };
  accumulate(dx, n, value);
}

template <class F>
Tensor activation(const Tensor& x) {
  check(x.defined(), "{}: x is undefined, but a tensor is needed", F::kName);
  Tensor y(x.shape());
  activation_forward<F>(y.mutable_data(), x.data(), x.numel());
  const Saved kept(F::kKeeps == Keeps::kArgument ? x : y);
  return record(F::kName, y, {x}, [kept](const Tensor& dy, Sinks& into) {
    activation_backward<F>(into.over(0, dy), dy.data(), kept.data(), dy.numel());
  });
}

}  // namespace

Tensor sigmoid(const Tensor& x) {
  return activation<Sigmoid>(x);
}
Tensor tanh(const Tensor& x) {
  return activation<Tanh>(x);
}
Tensor exp(const Tensor& x) {
  return activation<Exp>(x);
}
Tensor log(const Tensor& x) {
  return activation<Log>(x);
}
Tensor softplus(const Tensor& x) {
  return activation<Softplus>(x);
}
Tensor relu(const Tensor& x) {
  return activation<Relu>(x);
}
Tensor gelu(const Tensor& x) {
  return activation<Gelu>(x);
}
Tensor silu(const Tensor& x) {
  return activation<Silu>(x);
}
Tensor positive_g(const Tensor& x) {
  return activation<PositiveG>(x);
}
Tensor log_g(const Tensor& x) {
  return activation<LogG>(x);
}

}  // namespace scangrad::SCANGRAD_PRECISION
