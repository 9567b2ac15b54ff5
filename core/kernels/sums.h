// Sums with the same bits for any number of threads: values are added in blocks, and the sums of the blocks in order.
// The blocks follow from the shape alone. There are three forms.
//
// 1. sum_axis: the sum of a formula along one axis. The first choice where only a sum is wanted.
//
//      sum_axis(into, outer, length, inner, [=](int64_t i) { return dy[i] * x[i]; });
//
//      into[o, j]  =  sum over s of value(i)        i = (o * length + s) * inner + j
//
//    The values form an array (outer, length, inner) that is never stored. They are added in double, as vector code.
//    The sum of nothing is 0.
//
// 2. row_sums: sums over rows, for a kernel that reads each row anyway and computes more than the sums.
//
//      const Scratch<real> sums = row_sums(N, D, steps, [=](real* sums, int64_t begin, int64_t end) {
//        for (int64_t row = begin; row < end; ++row)
//          for (int64_t d = 0; d < D; ++d) sums[d] += dy[row * D + d];
//          ...                                      // and the rest of what the kernel does with the row
//      });
//      accumulate(into[1], D, [&](int64_t d) { return sums[d]; });
//
//    One thread works on a block of rows, with its own sums, which start at zero. They are added in real, or in double
//    by row_sums<double>, where a small difference of large sums counts. `steps` is the work of one row (threads_for).
//    for_row_blocks is the same without sums.
//
// 3. sum_of_parts: adds partial sums that a kernel has left in its own buffer.
#pragma once

#include <algorithm>
#include <bit>

#include "../memory.h"
#include "../sink.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace detail {

inline constexpr int64_t kSumLanes = 64;     // rows narrower than this are added side by side
inline constexpr int64_t kSumColumns = 256;  // sums at a time: they stay in the first-level cache
inline constexpr int64_t kBlockRows = 64;
inline constexpr int64_t kBlockValues = 16384;

// sums[j] = sum over rows of value(first + row * stride + j) for j < width. After the last row, `rest` values follow.
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
  const bool narrow = inner < kSumLanes;  // several rows side by side then form one wide row
  const int64_t columns = narrow ? inner : kSumColumns;
  in_blocks(outer * blocks, inner, columns, outer * length * inner, [=](int64_t i, int64_t column, int64_t end) {
    double sums[kSumColumns];
    const int64_t o = i / blocks, block = i % blocks, count = end - column;
    const int64_t rows = std::clamp<int64_t>(length - block * block_rows, 0, block_rows);
    const int64_t first = (o * length + block * block_rows) * inner + column;
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
  });
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

// Rows of a block. The last block also takes the remainder, so no block is short.
inline constexpr int64_t kRowBlock = 512;

// A function of i: the sum over `count` parts, of `size` numbers each, of their element i, in the order of the parts.
inline auto sum_of_parts(const real* parts, int64_t count, int64_t size) {
  return [=](int64_t i) {
    real sum = 0;
    for (int64_t part = 0; part < count; ++part) sum += parts[part * size + i];
    return sum;
  };
}

inline int64_t row_blocks(int64_t rows) {
  return std::max<int64_t>(rows / kRowBlock, 1);
}

// Calls body(block, begin, end) for each block, in parallel.
template <class Body>
void for_row_blocks(int64_t rows, int64_t steps, Body body) {
  const int64_t blocks = row_blocks(rows);
  each_task(blocks, threads_for(rows * steps), [=](int64_t block) {
    body(block, block * kRowBlock, block + 1 < blocks ? (block + 1) * kRowBlock : rows);
  });
}

template <class Number = real, class Body>
Scratch<Number> row_sums(int64_t rows, int64_t width, int64_t steps, Body body) {
  const int64_t blocks = row_blocks(rows);
  Scratch<Number> parts(blocks * width);
  Number* const total = parts.data();
  for_row_blocks(rows, steps, [=](int64_t block, int64_t begin, int64_t end) {
    Number* const part = total + block * width;
    std::fill_n(part, width, Number(0));
    body(part, begin, end);
  });
  constexpr int64_t kColumns = 1024;
  in_blocks(1, width, kColumns, blocks * width, [=](int64_t, int64_t first, int64_t last) {
    for (int64_t block = 1; block < blocks; ++block) {
      const Number* const part = total + block * width;
#pragma omp simd
      for (int64_t i = first; i < last; ++i) total[i] += part[i];
    }
  });
  return parts;
}

}  // namespace scangrad::SCANGRAD_PRECISION
