// What the tests share: random tensors, relative errors, exact error messages.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../core/autograd.h"
#include "../core/error.h"
#include "../core/gradcheck.h"
#include "../core/ids.h"
#include "../core/random.h"
#include "../core/tensor.h"
#include "../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {

// Uniform in [low, high), the same for the same seed.
inline Tensor random_tensor(const Shape& shape, uint64_t seed, real low = -1, real high = 1) {
  Tensor result(shape);
  Rng rng(seed, 7);
  real* const data = result.mutable_data();
  for (int64_t i = 0; i < result.numel(); ++i) data[i] = rng.uniform(low, high);
  return result;
}

// Uniform in 0 ... bound - 1.
inline Ids random_ids(const Shape& shape, uint64_t seed, int64_t bound) {
  Ids result(shape);
  Rng rng(seed, 8);
  for (int64_t i = 0; i < result.numel(); ++i) result.data()[i] = static_cast<int32_t>(rng.below(bound));
  return result;
}

inline Tensor leaf(Tensor tensor) {
  tensor.set_requires_grad(true);
  return tensor;
}

// max|u - v| / max|v|; infinite where shapes disagree or something is not finite.
inline double relative_error(const Tensor& u, const Tensor& v) {
  if (!(u.shape() == v.shape()) || u.defined() != v.defined()) return INFINITY;
  double difference = 0, largest = 0;
  for (int64_t i = 0; i < u.numel(); ++i) {
    const double error = std::abs(double(u.data()[i]) - double(v.data()[i]));
    if (!std::isfinite(error)) return INFINITY;
    difference = std::max(difference, error);
    largest = std::max(largest, std::abs(double(v.data()[i])));
  }
  return difference == 0 ? 0 : difference / largest;
}

inline bool same_bits(const Tensor& u, const Tensor& v) {
  return u.defined() == v.defined() && u.shape() == v.shape() &&
         std::equal(u.data(), u.data() + u.numel(), v.data(), [](real a, real b) {
           return std::signbit(a) == std::signbit(b) && (a == b || (std::isnan(a) && std::isnan(b)));
         });
}

// Another number of threads for a scope.
class WithThreads {
 public:
  explicit WithThreads(int count) : before_(threads()) { set_threads(count); }
  ~WithThreads() { set_threads(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_;
};

// The message of the Error that f throws; "(no error)" when it throws none.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

// What a hand-written gradient may differ from central differences: 1e-7 where it counts, in double; in float the
// differences themselves are only good for a sanity check.
inline constexpr double kGradTolerance = kDouble ? 1e-7 : 3e-2;

}  // namespace scangrad::SCANGRAD_PRECISION
