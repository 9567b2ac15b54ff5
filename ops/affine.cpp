#include "affine.h"

#include <optional>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/gemm.h"
#include "../core/kernels/sums.h"
#include "../core/loops.h"
#include "../core/observe/profile.h"
#include "../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Whether to give each thread blocks of rows with a product each; otherwise all threads share one product. Needs enough
// blocks to go round, and an inner size for which a row's bits are the same either way: gemm.h.
bool many_blocks(int64_t N, int64_t inner) {
  return row_blocks(N) >= 4 * threads() && inner < kLongInner;
}

// Steps of a row's product, for threads_for.
int64_t product_steps(int64_t I, int64_t O) {
  return I * O / 32 + 1;
}

void add_bias(real* y, const real* bias, int64_t N, int64_t O) {
  rowwise(N, O, [=](int64_t row, int64_t o) { y[row * O + o] += bias[o]; });
}

// y = x W^T + b
void affine_forward(real* y, const real* x, const Matrix& weight, const real* bias, int64_t N, int64_t I, int64_t O) {
  const auto rows = [=](int64_t begin, int64_t end) {
    gemm(y + begin * O, O, matrix(x + begin * I, end - begin, I), transposed(weight), false);
    if (bias != nullptr) add_bias(y + begin * O, bias, end - begin, O);
  };
  if (!many_blocks(N, I)) return rows(0, N);
  const PiecesOfOneProduct one;
  for_row_blocks(N, product_steps(I, O), [=](int64_t, int64_t begin, int64_t end) { rows(begin, end); });
}

// dx = dy W, and db = the columns' sums of dy.
void input_backward(Sink dx, Sink db, const real* dy, const Matrix& weight, int64_t N, int64_t I, int64_t O) {
  const auto product = [=](int64_t begin, int64_t end) {
    gemm(dx.data + begin * I, I, matrix(dy + begin * O, end - begin, O), weight, dx.add);
  };
  const bool in_blocks = dx && many_blocks(N, O);
  if (db || in_blocks) {
    std::optional<PiecesOfOneProduct> one;
    if (in_blocks) one.emplace();
    const int64_t steps = (db ? O / 8 : 0) + (in_blocks ? product_steps(I, O) : 0);
    const Scratch<real> sums = row_sums(N, O, steps, [=](real* sum, int64_t begin, int64_t end) {
      for (int64_t row = begin; db && row < end; ++row) {
        const real* const from = dy + row * O;
#pragma omp simd
        for (int64_t o = 0; o < O; ++o) sum[o] += from[o];
      }
      if (in_blocks) product(begin, end);
    });
    accumulate(db, O, [total = sums.data()](int64_t o) { return total[o]; });
  }
  if (dx && !in_blocks) product(0, N);
}

// dW = dy^T x
void weight_backward(Sink dweight, const real* dy, const real* x, int64_t N, int64_t I, int64_t O) {
  if (dweight) gemm(dweight.data, I, transposed(matrix(dy, N, O)), matrix(x, N, I), dweight.add);
}

}  // namespace

Tensor affine(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(weight.shape().rank() == 2, "affine: weight has shape {}, but (O, I) is needed", weight.shape());
  const int64_t O = weight.size(0), I = weight.size(1);
  check(x.shape().rank() >= 1 && x.size(-1) == I, "affine: x has shape {}, but weight has {} and needs (..., {})",
        x.shape(), weight.shape(), I);
  check(!bias.defined() || bias.shape() == Shape{O}, "affine: bias has shape {}, but {} is needed", bias.shape(),
        Shape{O});
  const int64_t N = x.shape().before(-1);

  find_room_for_gemm();
  Tensor y(x.shape().with(-1, O));
  affine_forward(y.mutable_data(), x.data(), matrix(weight.data(), O, I), bias.data(), N, I, O);
  return record("affine", y, {x, weight, bias},
                [x = Saved(x), weight = Saved(weight), N, I, O](const Tensor& dy, Sinks& into) {
                  if (into.wanted(1)) weight_backward(into[1], dy.data(), x.data(), N, I, O);
                  x.release();
                  input_backward(into[0], into[2], dy.data(), matrix(weight.data(), O, I), N, I, O);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
