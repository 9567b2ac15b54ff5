#include "../../../core/kernels/gemm.h"

#include <sys/resource.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "../../../core/kernels/tiled_product.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

using Values = std::vector<real>;

// A product C (m, n) of A (m, k) and B (k, n), with the layout of both operands.
struct Product {
  int64_t m, n, k;
  bool a_transposed = false, b_transposed = false;

  // An operand in memory, with `gap` unused elements at the end of each row.
  static Matrix view(const Values& values, int64_t rows, int64_t cols, bool is_transposed, int64_t gap) {
    if (is_transposed) return transposed(matrix(values.data(), cols, rows, rows + gap));
    return matrix(values.data(), rows, cols, cols + gap);
  }
  Matrix a(const Values& values, int64_t gap = 0) const { return view(values, m, k, a_transposed, gap); }
  Matrix b(const Values& values, int64_t gap = 0) const { return view(values, k, n, b_transposed, gap); }
};

Values random_values(int64_t count, uint64_t seed) {
  return random_tensor({count}, seed).values();
}

Values magnitudes(Values values) {
  for (real& value : values) value = std::abs(value);
  return values;
}

double largest(const Values& values) {
  double result = 0;
  for (const real value : values) result = std::max(result, double(std::abs(value)));
  return result;
}

bool same(const Values& u, const Values& v) {
  return u.size() == v.size() && (u.empty() || std::memcmp(u.data(), v.data(), u.size() * sizeof(real)) == 0);
}

// Compares gemm and small_gemm with plain_gemm: the values, and the memory between the rows of C.
void check_against_plain(const Product& p) {
  INFO("m ", p.m, " n ", p.n, " k ", p.k, " a_transposed ", p.a_transposed, " b_transposed ", p.b_transposed);
  const int64_t gap = (p.m + p.n) % 3, ldc = p.n + gap;
  const Values a = random_values((p.m + gap) * (p.k + gap), 1), b = random_values((p.k + gap) * (p.n + gap), 2);
  const Values start = random_values(p.m * ldc, 3);
  Values bound = magnitudes(start);
  const Values abs_a = magnitudes(a), abs_b = magnitudes(b);
  plain_gemm(bound.data(), ldc, p.a(abs_a, gap), p.b(abs_b, gap), true);
  const double tolerance = 4 * double(std::numeric_limits<real>::epsilon()) * largest(bound);
  for (const auto& [product, add] :
       {std::pair{&gemm, false}, {&gemm, true}, {&small_gemm, false}, {&small_gemm, true}}) {
    Values c = start, plain = start;
    if (!add)  // old numbers do not matter, not even NaN
      for (int64_t i = 0; i < p.m * p.n; ++i) c[size_t(i / p.n * ldc + i % p.n)] = NAN;
    product(c.data(), ldc, p.a(a, gap), p.b(b, gap), add);
    plain_gemm(plain.data(), ldc, p.a(a, gap), p.b(b, gap), add);
    int64_t wrong = 0;
    for (int64_t i = 0; i < p.m * ldc; ++i) {
      const double error = std::abs(double(c[size_t(i)]) - double(plain[size_t(i)]));
      wrong += !(error <= (i % ldc < p.n ? tolerance : 0));
    }
    CHECK(wrong == 0);
  }
}

// The product of random numbers, or some of its rows.
class RandomProduct {
 public:
  explicit RandomProduct(const Product& p)
      : p_(p), a_(random_values(p.m * p.k, 1)), b_(random_values(p.k * p.n, 2)), start_(random_values(p.m * p.n, 3)) {}

  Values rows(int64_t first, int64_t count, bool add) const {
    Values c(start_.begin() + first * p_.n, start_.begin() + (first + count) * p_.n);
    Matrix part = p_.a(a_);
    part.data = part.data + first * part.row_stride;
    part.rows = count;
    gemm(c.data(), p_.n, part, p_.b(b_), add);
    return c;
  }
  Values all(bool add) const { return rows(0, p_.m, add); }

 private:
  Product p_;
  Values a_, b_, start_;
};

}  // namespace

TEST_CASE("gemm: a case worked by hand") {
  const Values a = {1, 2, 3, 4, 5, 6}, b = {1, 0, -1, 2, 3, 1};
  for (const auto product : {gemm, small_gemm, plain_gemm}) {
    Values c(4, 100);
    product(c.data(), 2, matrix(a.data(), 2, 3), matrix(b.data(), 3, 2), false);
    CHECK(c == Values{8, 7, 17, 16});
    product(c.data(), 2, matrix(a.data(), 2, 3), matrix(b.data(), 3, 2), true);
    CHECK(c == Values{16, 14, 34, 32});
    product(c.data(), 2, transposed(matrix(a.data(), 3, 2)), transposed(matrix(b.data(), 2, 3)), false);
    // [1 3 5; 2 4 6] [1 2; 0 3; -1 1]
    CHECK(c == Values{-4, 16, -4, 22});
  }
}

TEST_CASE("gemm: views have the right sizes and strides") {
  const Values values = {1, 2, 3, 4, 5, 6, 7, 8};
  const Matrix m = matrix(values.data(), 2, 3, 4), t = transposed(m);
  CHECK((m.rows == 2 && m.cols == 3 && m.row_stride == 4 && m.col_stride == 1));
  CHECK((t.rows == 3 && t.cols == 2 && t.row_stride == 1 && t.col_stride == 4));
  CHECK(t.data[2 * t.row_stride + 1 * t.col_stride] == 7);
  CHECK(matrix(values.data(), 4, 2).row_stride == 2);
}

TEST_CASE("gemm: products of every orientation and size equal the plain loop") {
  const int64_t sizes[] = {1, 3, kFewRows, kFewRows + 1, 33, 70};
  const WithThreads one(1);
  for (const bool a_transposed : {false, true})
    for (const bool b_transposed : {false, true}) {
      for (const int64_t m : sizes)
        for (const int64_t n : sizes)
          for (const int64_t k : {int64_t(1), int64_t(5), int64_t(130)})
            check_against_plain({m, n, k, a_transposed, b_transposed});
      check_against_plain({1, 1000, 64, a_transposed, b_transposed});  // few rows, several pieces of columns
      check_against_plain({kFewRows, 385, 300, a_transposed, b_transposed});
    }
}

TEST_CASE("gemm: small results of a long inner size equal the plain loop") {
  const WithThreads one(1);
  for (const bool a_transposed : {false, true})
    for (const bool b_transposed : {false, true})
      for (const int64_t k : {kLongInner - 1, kLongInner, kLongInner + 1, int64_t(10'007)})
        check_against_plain({13, 19, k, a_transposed, b_transposed});
  check_against_plain({1, 1, 20'000});
  check_against_plain({9, 1, 20'000, true, false});
}

TEST_CASE("gemm: an empty inner size gives zero or adds nothing, an empty result is left alone") {
  for (const int64_t m : {int64_t(1), int64_t(20)}) {
    Values c(size_t(m * 3), 7);
    gemm(c.data(), 3, matrix(nullptr, m, 0), matrix(nullptr, 0, 3), true);
    CHECK(c == Values(c.size(), 7));
    gemm(c.data(), 3, matrix(nullptr, m, 0), matrix(nullptr, 0, 3), false);
    CHECK(c == Values(c.size(), 0));
  }
  const Values some(12, 1);
  for (const bool add : {false, true}) {
    gemm(nullptr, 3, matrix(nullptr, 0, 4), matrix(some.data(), 4, 3), add);
    gemm(nullptr, 0, matrix(some.data(), 3, 4), matrix(nullptr, 4, 0), add);
    gemm(nullptr, 0, matrix(nullptr, 0, 0), matrix(nullptr, 0, 0), add);
    small_gemm(nullptr, 3, matrix(nullptr, 0, 4), matrix(some.data(), 4, 3), add);
  }
}

TEST_CASE("gemm: NaN in a row of A gives NaN in this row of C only") {
  Values a(20 * 30, 1), b(30 * 10, 0), c(20 * 10);
  a[3 * 30 + 7] = NAN;
  gemm(c.data(), 10, matrix(a.data(), 20, 30), matrix(b.data(), 30, 10), false);
  for (int64_t i = 0; i < 20; ++i) CHECK(std::isnan(c[size_t(i * 10 + 4)]) == (i == 3));
}

TEST_CASE("gemm: any number of threads gives the same bits") {
  for (const Product& p : {Product{333, 77, 1001, false, true},
                           {1, 1536, 384, false, true},
                           {8, 700, 213},
                           {9, 700, 313},
                           {200, 65, 130, true, false},
                           {32, 48, 4096, true, false},
                           {31, 33, 9001, true},
                           {129, 215, 59, false, true},
                           {50, 1, 2000}}) {
    INFO("m ", p.m, " n ", p.n, " k ", p.k);
    const RandomProduct product(p);
    const bool add = p.m % 2 == 0;
    Values first;
    for (const int count : {1, 2, 3}) {
      const WithThreads these(count);
      const Values c = product.all(add);
      if (count == 1) first = c;
      CHECK(same(c, first));
    }
  }
}

TEST_CASE("gemm: the bits of a row do not depend on the number of rows") {
  const WithThreads one(1);
  for (const Product& p : {Product{133, 77, 1001, false, true},
                           {100, 130, 64},
                           {97, 1, 300, true, false},
                           {70, 18, kLongInner - 1, true, true},
                           {160, 100, 40, false, true}})
    for (const bool add : {false, true}) {
      INFO("m ", p.m, " n ", p.n, " k ", p.k);
      const RandomProduct product(p);
      const Values whole = product.all(add);
      for (const auto& [first, rows] : std::vector<std::pair<int64_t, int64_t>>{
               {0, kFewRows + 1}, {1, 16}, {31, 33}, {p.m - 50, 50}, {5, p.m - 6}}) {
        const Values expected(whole.begin() + first * p.n, whole.begin() + (first + rows) * p.n);
        CHECK(same(product.rows(first, rows, add), expected));
      }
    }
}

TEST_CASE("gemm: inside a parallel region each thread computes its own product") {
  const RandomProduct product({60, 50, 70});
  const Values expected = product.all(false);
  Values found[3];
  each_task(3, 3, [&](int64_t i) { found[i] = product.all(false); });
  for (const Values& c : found) CHECK(same(c, expected));
}

#if defined(SCANGRAD_BLIS) && !defined(__SANITIZE_ADDRESS__)
// Tiles do without BLIS's memory; the double build has no tiles of floats.
TEST_CASE("gemm: too little memory for BLIS's threads is an error and does not end the process" *
          doctest::skip(tile_operands(false).has_value())) {
  const RandomProduct product({1000, 200, 300});
  const int before = threads();
  set_threads(60);
  rlimit room{}, little{};
  getrlimit(RLIMIT_AS, &room);
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  little = room;
  little.rlim_cur = static_cast<uint64_t>(pages) * 4096 + (uint64_t(100) << 20);
  setrlimit(RLIMIT_AS, &little);
  const std::string error = error_of([&] { product.all(false); });
  setrlimit(RLIMIT_AS, &room);
  set_threads(before);
  CHECK(error == "gemm: 60 threads need 16777216 bytes each to work in, but the system has no more");
}
#endif

TEST_CASE("gemm: the description names what multiplies") {
  const std::string name = gemm_description(), tiled = "AVX-512; few rows: ";
  const std::string rest = name.starts_with(tiled) ? name.substr(tiled.size()) : name;
  CHECK(name.starts_with(tiled) == tile_operands(false).has_value());
#if defined(SCANGRAD_BLIS)
  CHECK(rest.starts_with("BLIS "));
  CHECK(rest.back() == ')');
#else
  CHECK(rest == "plain loops");
#endif
}
