#include "denormals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {

#if defined(__x86_64__)

namespace {
constexpr unsigned kZeroResults = 1u << 15,
                   kZeroOperands = 1u << 6;  // bits of MXCSR: "flush to zero", "denormals are zero"
constexpr unsigned kBoth = kZeroResults | kZeroOperands;
}  // namespace

bool flush_denormals(bool flush) {
  _mm_setcsr(flush ? _mm_getcsr() | kBoth : _mm_getcsr() & ~kBoth);
  return true;
}
bool flushes_denormals() {
  return (_mm_getcsr() & kBoth) == kBoth;
}

#elif defined(__aarch64__)

namespace {
constexpr uint64_t kFlush = uint64_t(1) << 24;  // bit FZ of FPCR: operands and results

uint64_t control() {
  uint64_t value;
  asm volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
}  // namespace

bool flush_denormals(bool flush) {
  const uint64_t value = flush ? control() | kFlush : control() & ~kFlush;
  asm volatile("msr fpcr, %0" : : "r"(value));
  return true;
}
bool flushes_denormals() {
  return (control() & kFlush) != 0;
}

#else

bool flush_denormals(bool) {
  return false;
}
bool flushes_denormals() {
  return false;
}

#endif

}  // namespace scangrad::SCANGRAD_PRECISION
