#include "pack.h"

#include <algorithm>
#include <bit>

#include "bf16.h"

#if defined(__x86_64__)
// g++ 12 warns of the vectors that its own header leaves undefined on purpose.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Rows of m that are packed for all panels before the next rows: they lie in few pages of memory.
constexpr int64_t kChunk = 32;

// to[i * width + j] = m[i, j], element by element.
template <int64_t width>
void copy_elements(float* to, const Matrix& m, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    for (int64_t j = 0; j < m.cols; ++j) to[i * width + j] = static_cast<float>(at(m, i, j));
}

template <int64_t width>
void copy_rows(float* to, const Matrix& m) {
  for (int64_t i = 0; i < m.rows; ++i) {
    const real* const from = m.data + i * m.row_stride;
    if (m.cols == width)
      for (int64_t j = 0; j < width; ++j) to[i * width + j] = static_cast<float>(from[j]);
    else
      for (int64_t j = 0; j < m.cols; ++j) to[i * width + j] = static_cast<float>(from[j]);
  }
}

#if defined(__x86_64__) && !defined(SCANGRAD_DOUBLE)

// Transposes 16 vectors of 16 numbers: pairs of rows, then fours, then blocks of four columns.
__attribute__((target("avx512f"))) inline void transpose(__m512 (&x)[16]) {
  __m512 y[16];
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
  const auto pd = [](__m512 v) __attribute__((target("avx512f"))) {
    return _mm512_castps_pd(v);
  };
  const auto ps = [](__m512d v) __attribute__((target("avx512f"))) {
    return _mm512_castpd_ps(v);
  };
  for (int i = 0; i < 16; i += 4) {
    x[i] = ps(_mm512_unpacklo_pd(pd(y[i]), pd(y[i + 2])));
    x[i + 1] = ps(_mm512_unpackhi_pd(pd(y[i]), pd(y[i + 2])));
    x[i + 2] = ps(_mm512_unpacklo_pd(pd(y[i + 1]), pd(y[i + 3])));
    x[i + 3] = ps(_mm512_unpackhi_pd(pd(y[i + 1]), pd(y[i + 3])));
  }
  for (int i = 0; i < 4; ++i) {
    y[i] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0x88);
    y[i + 4] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0xdd);
    y[i + 8] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0x88);
    y[i + 12] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    x[i] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0x88);
    x[i + 4] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0x88);
    x[i + 8] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0xdd);
    x[i + 12] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0xdd);
  }
}

// Columns that are contiguous in memory, in squares of 16 x 16. Returns how many rows of m it has copied.
template <int64_t width>
__attribute__((target("avx512f"))) int64_t copy_columns(float* to, const Matrix& m) {
  const int64_t rows = m.rows / 16 * 16;
  for (int64_t j = 0; j < m.cols; j += 16) {
    const int64_t columns = std::min<int64_t>(16, m.cols - j);
    const auto mask = static_cast<__mmask16>((1u << columns) - 1);
    for (int64_t i = 0; i < rows; i += 16) {
      __m512 square[16];
      for (int64_t c = 0; c < 16; ++c)
        square[c] = c < columns ? _mm512_loadu_ps(m.data + i + (j + c) * m.col_stride) : _mm512_setzero_ps();
      transpose(square);
      for (int64_t r = 0; r < 16; ++r) _mm512_mask_storeu_ps(to + (i + r) * width + j, mask, square[r]);
    }
  }
  return rows;
}

#endif

// to (m.rows, width) = m, in floats; missing columns are zeros.
template <int64_t width>
void pack_floats(float* to, const Matrix& m) {
  if (m.cols < width) std::fill_n(to, m.rows * width, 0.0f);
  if (m.col_stride == 1) return copy_rows<width>(to, m);
  int64_t done = 0;
#if defined(__x86_64__) && !defined(SCANGRAD_DOUBLE)
  if (m.row_stride == 1 && has_avx512()) done = copy_columns<width>(to, m);
#endif
  copy_elements<width>(to, m, done, m.rows);
}

// Two rows become one row of pairs.
template <int64_t width>
void pack_pairs(float* to, const Matrix& m) {
  float rows[kChunk * width];
  pack_floats<width>(rows, m);
  if (m.rows % 2 != 0) std::fill_n(rows + m.rows * width, width, 0.0f);
  for (int64_t s = 0; s < steps_of(m.rows, Operands::kPairs); ++s)
    for (int64_t j = 0; j < width; ++j)
      to[s * width + j] = bf16_pair(rows[2 * s * width + j], rows[(2 * s + 1) * width + j]);
}

// Up to kChunk rows of one panel.
template <int64_t width>
void pack_chunk(float* to, const Matrix& m, Operands operands) {
  if (operands == Operands::kPairs) return pack_pairs<width>(to, m);
  pack_floats<width>(to, m);
  if (operands == Operands::kRounded)
    for (int64_t i = 0; i < m.rows * width; ++i) to[i] = round_to_bf16(to[i]);
}

}  // namespace

template <int64_t width>
void pack(float* to, const Matrix& m, Operands operands) {
  const int64_t panel = steps_of(m.rows, operands) * width;
  for (int64_t row = 0; row < m.rows; row += kChunk) {
    const int64_t rows = std::min(kChunk, m.rows - row);
    for (int64_t column = 0; column < m.cols; column += width)
      pack_chunk<width>(to + column / width * panel + steps_of(row, operands) * width,
                        part(m, row, rows, column, std::min(width, m.cols - column)), operands);
  }
}

template SCANGRAD_API void pack<Tile::kRows>(float* to, const Matrix& m, Operands operands);
template SCANGRAD_API void pack<Tile::kColumns>(float* to, const Matrix& m, Operands operands);

}  // namespace scangrad::SCANGRAD_PRECISION
