#include "../../../core/kernels/vec_math.h"

#include <limits>

#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr real kInfinity = std::numeric_limits<real>::infinity();
constexpr real kNan = std::numeric_limits<real>::quiet_NaN();

struct Function {
  const char* name;
  real (*fast)(real);
  void (*loop)(real* y, const real* x, int64_t n);
  long double (*exact)(long double);
};

template <real (*f)(real)>
void loop_over(real* y, const real* x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

template <real (*f)(real)>
Function function(const char* name, long double (*exact)(long double)) {
  return {name, f, loop_over<f>, exact};
}

const Function kExp = function<vexp>("vexp", [](long double x) { return std::exp(x); });
const Function kLog = function<vlog>("vlog", [](long double x) { return std::log(x); });
const Function kSigmoid = function<vsigmoid>("vsigmoid", [](long double x) { return 1 / (1 + std::exp(-x)); });
const Function kGate = function<vgate>("vgate", kSigmoid.exact);
const Function kSoftplus = function<vsoftplus>(
    "vsoftplus", [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); });
const Function kTanh = function<vtanh>("vtanh", [](long double x) { return std::tanh(x); });
const Function kNormalCdf =
    function<vnormal_cdf>("vnormal_cdf", [](long double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; });
const Function kDecay = function<vdecay>("vdecay", [](long double x) { return std::exp(x); });
const Function kAll[] = {kExp, kDecay, kLog, kSigmoid, kGate, kSoftplus, kTanh, kNormalCdf};

// Distance from the exact value in units of its last place.
double ulps(real value, long double exact) {
  using Limits = std::numeric_limits<real>;
  if (std::isnan(value) || std::isnan(exact)) return std::isnan(value) && std::isnan(exact) ? 0 : INFINITY;
  const auto rounded = static_cast<real>(exact);
  if (std::isinf(value) || std::isinf(rounded)) return value == rounded ? 0 : INFINITY;
  const int exponent = exact == 0 ? Limits::min_exponent : std::max(std::ilogb(exact) + 1, Limits::min_exponent);
  return static_cast<double>(std::abs(value - exact) / std::ldexp(1.0L, exponent - Limits::digits));
}

// Every exponent of a float, denormals included, with many mantissas and both signs, also near the ends of each binade.
std::vector<real> samples() {
  std::vector<real> result;
  for (uint32_t exponent = 0; exponent < 255; ++exponent) {
    std::vector<uint32_t> mantissas = {0, 1, 2, 0x3504f3, 0x3504f4, 0x7ffffe, 0x7fffff};
    for (uint32_t i = 0; i < 120; ++i) mantissas.push_back((i * 69'911 + exponent * 977) & 0x7fffff);
    for (const uint32_t mantissa : mantissas)
      for (const uint32_t sign : {0u, 1u})
        result.push_back(real(std::bit_cast<float>(sign << 31 | exponent << 23 | mantissa)));
  }
  for (int i = -60'000; i <= 60'000; ++i) result.push_back(real(float(i) * 0.00181f));  // where the values change
  return result;
}

}  // namespace

TEST_CASE("vec_math: exp, log, sigmoid, softplus and tanh are within 2 ulp over the whole range") {
  for (const Function& function : {kExp, kLog, kSigmoid, kSoftplus, kTanh})
    for (const real x : samples()) {
      const double error = ulps(function.fast(x), function.exact(static_cast<long double>(x)));
      REQUIRE_MESSAGE(error <= (kFused ? 2 : 3), function.name, "(", x, ") is off by ", error, " ulp");
    }
}

TEST_CASE("vec_math: decay is within 2 ulp of exp from -80 to 0, and constant below") {
  for (const real x : samples()) {
    if (x > 0) continue;
    if (!kDouble && x < real(-80.0f))
      REQUIRE(vdecay(x) == vdecay(real(-80.0f)));
    else
      REQUIRE(ulps(vdecay(x), kExp.exact(static_cast<long double>(x))) <= (kFused ? 2 : 3));
  }
  CHECK(vdecay(0) == 1);
  CHECK(vdecay(-kInfinity) == (kDouble ? 0 : vdecay(real(-80.0f))));
  CHECK(vdecay(real(-80.0f)) > 0);
  CHECK(std::isnan(vdecay(kNan)));
  CHECK(std::isnan(vdecay(real(std::bit_cast<float>(0xffffffffu)))));
}

TEST_CASE("vec_math: a gate is within 3 ulp of the sigmoid above -80, and constant below") {
  for (const real x : samples()) {
    if (!kDouble && x < real(-80.0f))
      REQUIRE(vgate(x) == vgate(real(-80.0f)));
    else
      REQUIRE(ulps(vgate(x), kSigmoid.exact(static_cast<long double>(x))) <= 3);
  }
  CHECK(vgate(0) == real(0.5));
  CHECK(vgate(kInfinity) == 1);
  CHECK(vgate(-kInfinity) == (kDouble ? 0 : vdecay(real(-80.0f))));
  CHECK(std::isnan(vgate(kNan)));
}

TEST_CASE("vec_math: the normal distribution is within 2^-23 over the whole range") {
  for (const real x : samples())
    REQUIRE(std::abs(vnormal_cdf(x) - kNormalCdf.exact(static_cast<long double>(x))) <= 0x1p-23L);
}

TEST_CASE("vec_math: infinities and zeros give the limits, NaN gives NaN") {
  CHECK(vexp(kInfinity) == kInfinity);
  CHECK(vexp(-kInfinity) == 0);
  CHECK(vexp(0) == 1);
  CHECK(vlog(kInfinity) == kInfinity);
  CHECK(vlog(1) == 0);
  CHECK(vlog(0) == -kInfinity);
  CHECK(vlog(-real(0)) == -kInfinity);
  CHECK(std::isnan(vlog(-1)));
  CHECK(std::isnan(vlog(-std::numeric_limits<real>::denorm_min())));
  CHECK(std::isnan(vlog(-kInfinity)));
  CHECK(vsigmoid(kInfinity) == 1);
  CHECK(vsigmoid(-kInfinity) == 0);
  CHECK(vsigmoid(0) == real(0.5));
  CHECK(vsoftplus(kInfinity) == kInfinity);
  CHECK(vsoftplus(-kInfinity) == 0);
  CHECK(vtanh(kInfinity) == 1);
  CHECK(vtanh(-kInfinity) == -1);
  CHECK((vtanh(0) == 0 && !std::signbit(vtanh(0))));
  CHECK((vtanh(-real(0)) == 0 && std::signbit(vtanh(-real(0)))));
  CHECK(vnormal_cdf(kInfinity) == 1);
  CHECK(vnormal_cdf(-kInfinity) == 0);
  CHECK(vnormal_cdf(0) == real(0.5));
  for (const Function& function : kAll) {
    INFO(function.name);
    CHECK(std::isnan(function.fast(kNan)));
    CHECK(std::isnan(function.fast(-kNan)));
  }
}

TEST_CASE("vec_math: exp overflows and underflows as in the C library") {
  for (const float x : {88.72283f, 88.72284f, -87.33654f, -87.33655f, -103.97207f, -103.97208f, -103.97209f, 1e30f}) {
    INFO("x is ", x);
    CHECK(ulps(vexp(x), std::exp(static_cast<long double>(x))) <= 2);
    CHECK((vexp(x) == 0) == (std::exp(real(x)) == 0));
    CHECK(std::isinf(vexp(x)) == std::isinf(std::exp(real(x))));
  }
}

TEST_CASE("vec_math: results stay in the range of the function and keep its order") {
  real before[] = {0, -kInfinity, 0, 0, -1, 0};
  for (int i = -4000; i <= 4000; ++i) {
    const real x = real(i) / 32;
    const real now[] = {vexp(x), x > 0 ? vlog(x) : -kInfinity, vsigmoid(x), vsoftplus(x), vtanh(x), vnormal_cdf(x)};
    for (int f = 0; f < 6; ++f) {
      REQUIRE(now[f] >= before[f]);
      before[f] = now[f];
    }
    REQUIRE(now[2] <= 1);
    REQUIRE(now[4] <= 1);
    REQUIRE(now[5] <= 1);
    REQUIRE(vtanh(-x) == -vtanh(x));
  }
}

TEST_CASE("vec_math: a vector loop gives the same bits as single calls") {
  std::vector<real> x = samples(), y(x.size());
  Rng rng(1);
  for (real& value : x)  // half of them any bit pattern at all, NaN included
    if (rng.below(2)) value = real(std::bit_cast<float>(rng.word()));
  for (const Function& function : kAll) {
    INFO(function.name);
    real (*volatile const single)(real) = function.fast;
    const auto n = static_cast<int64_t>(x.size()) - 3;  // leaves a tail
    function.loop(y.data(), x.data(), n);
    int64_t differ = 0;
    for (int64_t i = 0; i < n; ++i) {
      const real one = single(x[size_t(i)]), many = y[size_t(i)];
      const bool same = std::isnan(one) ? std::isnan(many) : one == many && std::signbit(one) == std::signbit(many);
      differ += !same;
    }
    CHECK(differ == 0);
  }
}

TEST_CASE("vec_math: in double the functions are the C library's") {
  if (!kDouble) return;
  for (int i = -600; i <= 600; ++i) {
    const real x = real(i) / 8;
    CHECK(vexp(x) == std::exp(x));
    CHECK(vtanh(x) == std::tanh(x));
    CHECK((x < 0 || vlog(x) == std::log(x)));
    CHECK(std::abs(vnormal_cdf(x) - kNormalCdf.exact(x)) <= 0x1p-52L);
  }
}

TEST_CASE("vec_math: madd multiplies and adds") {
  CHECK(madd(2, 3, 4) == 10);
  CHECK(madd(real(0.5), -8, 1) == -3);
}
