#include "precision.h"

#include "../core/kernels/bf16_product.h"
#include "../core/kernels/gemm.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

thread_local Precision of_thread = Precision::kFloat;

}  // namespace

Precision precision() {
  return of_thread;
}

WithPrecision::WithPrecision(Precision precision) : before_(of_thread) {
  of_thread = kDouble ? Precision::kFloat : precision;
}

WithPrecision::~WithPrecision() {
  of_thread = before_;
}

void product(Precision precision, real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  precision == Precision::kBf16 ? bf16_gemm(c, ldc, a, b, add) : gemm(c, ldc, a, b, add);
}

}  // namespace scangrad::SCANGRAD_PRECISION
