// A tile of a product of bf16 numbers, which stays in registers while it is summed: 14 rows and up to 32 columns.
//
//   sums (14, 32) = A B      A (14, 2 pairs), B (2 pairs, 32), both packed: bf16_product.h
//
// a[14 p + r] holds the elements 2p (lower half) and 2p + 1 (upper half) of row r, b[32 p + j] those of column j.
// Columns from `columns` on are not wanted, and may be missing in the result.
#pragma once

#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Whether this processor, and its system, have AVX512_BF16.
SCANGRAD_API bool has_bf16_instruction();

// With the instruction if the processor has it.
SCANGRAD_API void bf16_tile(float* sums, const uint32_t* a, const uint32_t* b, int64_t pairs, int64_t columns);
SCANGRAD_API void plain_bf16_tile(float* sums, const uint32_t* a, const uint32_t* b, int64_t pairs);

}  // namespace scangrad::SCANGRAD_PRECISION
