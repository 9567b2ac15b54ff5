// A tile of a matrix product, which stays in vector registers while it is summed: 14 rows and up to 32 columns.
//
//   tile(sums, a, b, steps, columns, operands)     sums (14, 32) = A B
//
// Both operands are packed (pack.h): step s reads 14 words of A, a[14 s + r], and 32 words of B, b[32 s + j]. A word
// has 32 bits. It is a float (one step is one element of the inner size) or a pair of bf16 numbers (one step is two
// elements): element 2s is the lower half, element 2s + 1 the upper half.
//
// Order of a sum: one step after the other, each a fused multiply-add. For pairs first element 2s + 1, then element 2s,
// each with one rounding: the order that Intel's manual gives for the instruction vdpbf16ps. The plain form gives the
// same bits (for pairs checked on an Emerald Rapids), except that the instruction takes numbers below 1.2e-38 as zero.
//
// Columns from `columns` on are not wanted, and may be missing in the result.
#pragma once

#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// What a product computes with.
enum class Operands {
  kFloat,    // floats
  kRounded,  // floats that were rounded to bf16
  kPairs,    // pairs of bf16 numbers
};

struct Tile {
  static constexpr int64_t kRows = 14, kColumns = 32;  // the sums fill 28 of 32 vector registers
};

// Whether this processor, and its system, have AVX-512 (vectors of 512 bits), and its instruction vdpbf16ps. Compiled
// with SCANGRAD_WITHOUT_TILES, the library behaves as on a processor without them.
SCANGRAD_API bool has_avx512();
SCANGRAD_API bool has_bf16_instruction();
// Whether Intel has made this processor.
SCANGRAD_API bool is_intel();

// In vector registers if the processor has what it takes, otherwise the plain form.
SCANGRAD_API void tile(float* sums, const float* a, const float* b, int64_t steps, int64_t columns, Operands operands);
SCANGRAD_API void plain_tile(float* sums, const float* a, const float* b, int64_t steps, Operands operands);

}  // namespace scangrad::SCANGRAD_PRECISION
