// Sums with the same bits for any number of threads.
//
//   sum_axis(into, outer, length, inner, [=](int64_t i) { return dy[i] * x[i]; });
//
//   into[o, j]  =  sum over s of value(i)        i = (o * length + s) * inner + j
//
// The values form an array (outer, length, inner) that is never stored. They are gathered in double, in blocks whose
// sizes follow from the shape alone; the sums of the blocks are added in order. Runs in parallel and as vector code.
// The sum of nothing is 0.
#pragma once

#include <algorithm>
#include <bit>

#include "../loops.h"
#include "../memory.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace detail {

inline constexpr int64_t kSumLanes = 64;     // about so many sums side by side, where there are as many values
inline constexpr int64_t kSumColumns = 256;  // at most so many: they stay in the first cache
inline constexpr int64_t kBlockRows = 64;
inline constexpr int64_t kBlockValues = 16384;

// sums[j] = sum over rows of value(first + row * stride + j) for j < width; the last `rest` values fill no whole row.
template <class Value>
void sum_rows(double* sums, int64_t first, int64_t rows, int64_t stride, int64_t width, int64_t rest, Value value) {
  std::fill_n(sums, width, 0.0);
  for (int64_t row = 0; row < rows; ++row, first += stride) {
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) sums[j] += static_cast<double>(value(first + j));
  }
  for (int64_t j = 0; j < rest; ++j) sums[j] += static_cast<double>(value(first + j));
}

// Cuts `length` into blocks and calls store(o, block, j, sum) for each of their sums.
template <class Store, class Value>
void sum_blocks(int64_t outer, int64_t length, int64_t inner, int64_t block_rows, Store store, Value value) {
  const int64_t blocks = std::max<int64_t>((length + block_rows - 1) / block_rows, 1);
  const bool narrow = inner < kSumLanes;  // then several rows side by side make one wide row
  const int64_t columns = narrow ? inner : kSumColumns;
#pragma omp parallel for collapse(3) num_threads(threads_for(outer* length* inner))
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t column = 0; column < inner; column += columns) {
        double sums[kSumColumns];
        const int64_t rows = std::clamp<int64_t>(length - block * block_rows, 0, block_rows);
        const int64_t first = (o * length + block * block_rows) * inner + column;
        const int64_t count = std::min(columns, inner - column);
        if (narrow) {
          const uint64_t most = static_cast<uint64_t>(std::clamp<int64_t>(rows, 1, kSumLanes / inner));
          const int64_t side_by_side = static_cast<int64_t>(std::bit_floor(most)), width = side_by_side * inner;
          sum_rows(sums, first, rows / side_by_side, width, width, rows % side_by_side * inner, value);
          for (int64_t half = width / 2; half >= inner; half /= 2) {
#pragma omp simd
            for (int64_t j = 0; j < half; ++j) sums[j] += sums[half + j];
          }
        } else {
          sum_rows(sums, first, rows, inner, count, 0, value);
        }
        for (int64_t j = 0; j < count; ++j) store(o, block, column + j, sums[j]);
      }
    }
  }
}

}  // namespace detail

template <class Value>
void sum_axis(Sink into, int64_t outer, int64_t length, int64_t inner, Value value) {
  if (!into || inner == 0) return;
  const auto store = [=](int64_t o, int64_t, int64_t j, double sum) {
    put(into, o * inner + j, static_cast<real>(sum));
  };
  const int64_t block_rows = std::max(detail::kBlockRows, detail::kBlockValues / inner);
  if (length <= block_rows) {
    detail::sum_blocks(outer, length, inner, block_rows, store, value);
    return;
  }
  const int64_t blocks = (length + block_rows - 1) / block_rows;
  const Scratch<double> scratch(outer * blocks * inner);
  double* const partial = scratch.data();
  detail::sum_blocks(
      outer, length, inner, block_rows,
      [=](int64_t o, int64_t block, int64_t j, double sum) { partial[(o * blocks + block) * inner + j] = sum; }, value);
  detail::sum_blocks(outer, blocks, inner, blocks, store, [=](int64_t i) { return partial[i]; });
}

}  // namespace scangrad::SCANGRAD_PRECISION
