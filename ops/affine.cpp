#include "affine.h"

#include <optional>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/gemm.h"
#include "../core/kernels/row_dots.h"
#include "../core/kernels/sums.h"
#include "../core/kernels/tiled_product.h"
#include "../core/loops.h"
#include "../core/observe/profile.h"
#include "../core/threads.h"
#include "bf16_weights.h"
#include "precision.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Whether to give each thread blocks of rows with a product each; otherwise all threads share one product. Needs enough
// blocks to go round, and an inner size for which a row's bits are the same either way: gemm.h. Blocks in bf16 need
// tiles, because a block without tiles is a product in float.
bool many_blocks(int64_t N, int64_t inner, Precision precision) {
  return row_blocks(N) >= 4 * threads() && inner < kLongInner &&
         (precision == Precision::kFloat || tile_operands(/*in_bf16=*/true));
}

// Steps of a row's product, for threads_for.
int64_t product_steps(const Matrix& weight) {
  return weight.rows * weight.cols / 32 + 1;
}

// Products of blocks of rows with the same matrix, in several threads. For tiles it is packed once.
class BlockProduct {
 public:
  BlockProduct(const Matrix& b, Precision precision) : b_(b) {
    const std::optional<Operands> operands = tile_operands(precision == Precision::kBf16);
    if (!operands) return;
    work_size_ = TiledMatrix::work_size(TiledMatrix::kBlockRows, b.rows, *operands);
    const int64_t size = TiledMatrix::size(b.rows, b.cols, *operands);
    memory_.emplace(size + threads() * work_size_);
    packed_.emplace(b, *operands, memory_->data());
    work_ = memory_->data() + size;
  }
  void operator()(real* c, int64_t ldc, const Matrix& a, bool add) const {
    if (!packed_) return gemm(c, ldc, a, b_, add);
    count_flops(2 * a.rows * a.cols * b_.cols);
    packed_->multiply(c, ldc, a, add, work_ + thread_index() * work_size_);
  }

 private:
  const Matrix b_;
  std::optional<TiledMatrix> packed_;
  std::optional<Scratch<float>> memory_;
  float* work_ = nullptr;
  int64_t work_size_ = 0;  // for a thread
};

void add_bias(real* y, const real* bias, int64_t N, int64_t O) {
  rowwise(N, O, [=](int64_t row, int64_t o) { y[row * O + o] += bias[o]; });
}

// y = x W^T + b
void affine_forward(real* y, const real* x, const Matrix& weight, const real* bias, int64_t N, Precision precision) {
  const int64_t I = weight.cols, O = weight.rows;
  if (!many_blocks(N, I, precision)) {
    const Bf16Rows rounded = N <= kFewRows && !recording() ? Bf16Weights::of(weight) : Bf16Rows();
    if (rounded.data != nullptr)
      row_dots(y, O, matrix(x, N, I), rounded, false);
    else
      product(precision, y, O, matrix(x, N, I), transposed(weight), false);
    if (bias != nullptr) add_bias(y, bias, N, O);
    return;
  }
  const PiecesOfOneProduct one;
  const BlockProduct multiply(transposed(weight), precision);
  for_row_blocks(N, product_steps(weight), [=, &multiply](int64_t, int64_t begin, int64_t end) {
    multiply(y + begin * O, O, matrix(x + begin * I, end - begin, I), false);
    if (bias != nullptr) add_bias(y + begin * O, bias, end - begin, O);
  });
}

// dx = dy W, and db = the columns' sums of dy.
void input_backward(Sink dx, Sink db, const real* dy, const Matrix& weight, int64_t N, Precision precision) {
  const int64_t I = weight.cols, O = weight.rows;
  const bool in_blocks = dx && many_blocks(N, O, precision);
  if (db || in_blocks) {
    std::optional<PiecesOfOneProduct> one;
    std::optional<BlockProduct> multiply;
    if (in_blocks) one.emplace(), multiply.emplace(weight, precision);
    const int64_t steps = (db ? O / 8 : 0) + (in_blocks ? product_steps(weight) : 0);
    const Scratch<real> sums = row_sums(N, O, steps, [=, &multiply](real* sum, int64_t begin, int64_t end) {
      for (int64_t row = begin; db && row < end; ++row) {
        const real* const from = dy + row * O;
#pragma omp simd
        for (int64_t o = 0; o < O; ++o) sum[o] += from[o];
      }
      if (in_blocks) (*multiply)(dx.data + begin * I, I, matrix(dy + begin * O, end - begin, O), dx.add);
    });
    accumulate(db, O, [total = sums.data()](int64_t o) { return total[o]; });
  }
  if (dx && !in_blocks) product(precision, dx.data, I, matrix(dy, N, O), weight, dx.add);
}

// dW = dy^T x
void weight_backward(Sink dweight, const Matrix& dy, const Matrix& x, Precision precision) {
  if (dweight) product(precision, dweight.data, x.cols, transposed(dy), x, dweight.add);
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
  const Precision used = precision();
  affine_forward(y.mutable_data(), x.data(), matrix(weight.data(), O, I), bias.data(), N, used);
  return record("affine", y, {x, weight, bias},
                [x = Saved(x), weight = Saved(weight), N, I, O, used](const Tensor& dy, Sinks& into) {
                  if (into.wanted(1)) weight_backward(into[1], matrix(dy.data(), N, O), matrix(x.data(), N, I), used);
                  x.release();
                  input_backward(into[0], into[2], dy.data(), matrix(weight.data(), O, I), N, used);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
