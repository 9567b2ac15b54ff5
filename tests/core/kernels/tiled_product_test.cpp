#include "../../../core/kernels/tiled_product.h"

#include "../../../core/kernels/gemm.h"
#include "../../../core/memory.h"
#include "../../../core/threads.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr Operands kAll[] = {Operands::kFloat, Operands::kRounded, Operands::kPairs};

using Values = std::vector<real>;

struct Sizes {
  int64_t m, n, k;
};

// An operand with a gap at the end of each row, transposed in memory or not.
Matrix view(const Tensor& values, int64_t rows, int64_t cols, bool is_transposed) {
  return is_transposed ? transposed(matrix(values.data(), cols, rows, rows + 3))
                       : matrix(values.data(), rows, cols, cols + 3);
}

const std::vector<Sizes> kSizes{{1, 1, 1},     {1, 33, 2},   {14, 32, 768}, {13, 31, 767}, {15, 65, 769},
                                {3, 40, 1600}, {337, 34, 9}, {700, 5, 40},  {40, 300, 50}};

Tensor product(const Sizes& s, Operands operands) {
  const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
  Tensor c({s.m, s.n});
  tiled_gemm(c.mutable_data(), s.n, matrix(a.data(), s.m, s.k), matrix(b.data(), s.k, s.n), false, operands);
  return c;
}

}  // namespace

TEST_CASE("tiled_product: every orientation gives the bits of the plain loops") {
  for (const Sizes& s : kSizes) {
    const Tensor a = random_tensor({(s.m + 3) * (s.k + 3)}, 1), b = random_tensor({(s.k + 3) * (s.n + 3)}, 2);
    for (const Operands operands : kAll) {
      for (const int layout : {0, 1, 2, 3}) {
        for (const bool add : {false, true}) {
          INFO(s.m, " ", s.n, " ", s.k, " operands ", int(operands), " layout ", layout, " add ", add);
          const Matrix x = view(a, s.m, s.k, layout / 2), y = view(b, s.k, s.n, layout % 2);
          Values is = random_tensor({s.m * (s.n + 2)}, 3).values(), should = is;
          tiled_gemm(is.data(), s.n + 2, x, y, add, operands);
          plain_tiled_gemm(should.data(), s.n + 2, x, y, add, operands);
          if (operands != Operands::kPairs || is_intel() || !has_bf16_instruction())
            CHECK(is == should);
          else  // not compared yet
            CHECK(relative_error(Tensor({int64_t(is.size())}, is), Tensor({int64_t(is.size())}, should)) < 1e-6);
        }
      }
    }
  }
}

TEST_CASE("tiled_product: an operand that is packed once gives the same bits") {
  for (const Sizes& s : kSizes) {
    const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
    for (const Operands operands : kAll) {
      Tensor once = random_tensor({s.m, s.n}, 3), each = once.clone();
      const Matrix x = matrix(a.data(), s.m, s.k), y = matrix(b.data(), s.k, s.n);
      std::vector<float> memory(static_cast<size_t>(TiledMatrix::size(s.k, s.n, operands)));
      std::vector<float> work(static_cast<size_t>(TiledMatrix::work_size(s.m, s.k, operands)));
      TiledMatrix(y, operands, memory.data()).multiply(once.mutable_data(), s.n, x, true, work.data());
      tiled_gemm(each.mutable_data(), s.n, x, y, true, operands);
      CHECK(same_bits(once, each));
    }
  }
}

TEST_CASE("tiled_product: a small result of a long inner size equals the plain loop") {
  for (const int64_t k : {kLongInner, int64_t(10'007)}) {
    const Tensor a = random_tensor({k, 13}, 1), b = random_tensor({k, 19}, 2);
    for (const Operands operands : kAll) {
      Tensor fast({13, 19}), plain({13, 19});
      const Matrix x = transposed(matrix(a.data(), k, 13)), y = matrix(b.data(), k, 19);
      tiled_gemm(fast.mutable_data(), 19, x, y, false, operands);
      plain_tiled_gemm(plain.mutable_data(), 19, x, y, false, operands);
      CHECK(relative_error(fast, plain) < 5e-6);
    }
  }
}

TEST_CASE("tiled_product: nothing to add up gives zeros") {
  Values c{1, 2};
  tiled_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), true, Operands::kFloat);
  CHECK(c == Values{1, 2});
  tiled_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), false, Operands::kFloat);
  CHECK(c == Values{0, 0});
  tiled_gemm(nullptr, 2, matrix(nullptr, 0, 3), matrix(nullptr, 3, 2), false, Operands::kFloat);
  tiled_gemm(nullptr, 0, matrix(nullptr, 2, 3), matrix(nullptr, 3, 0), false, Operands::kFloat);
}

TEST_CASE("tiled_product: any number of threads gives the same bits") {
  for (const Operands operands : kAll)
    for (const Sizes& s : {Sizes{900, 70, 900}, Sizes{30, 900, 900}, Sizes{40, 40, 5000}})
      check_threads([&] { return std::vector<Tensor>{product(s, operands)}; });
}

TEST_CASE("tiled_product: too little memory is an error") {
  for (const int64_t k : {int64_t(900), kLongInner}) {
    const int64_t m = 60, n = 60;
    const Tensor a = random_tensor({m, k}, 1), b = random_tensor({k, n}, 2);
    Tensor c({m, n});
    release_unused_memory();
    limit_memory(memory_stats().reserved + 50'000);
    const std::string error = error_of([&] {
      tiled_gemm(c.mutable_data(), n, matrix(a.data(), m, k), matrix(b.data(), k, n), false, Operands::kFloat);
    });
    limit_memory(0);
    CHECK(error.starts_with("memory: "));
  }
}

TEST_CASE("tiled_product: inside a parallel region each thread computes its own product") {
  const Sizes s{60, 50, 900};
  const Tensor expected = product(s, Operands::kFloat);
  const WithThreads three(3);
  bool same[6] = {};
  each_task(6, 3, [&](int64_t i) { same[i] = same_bits(product(s, Operands::kFloat), expected); });
  for (const bool each : same) CHECK(each);
}
