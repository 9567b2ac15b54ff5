// Work on blocks of rows, and sums over rows gathered on the way.
//
//   const Scratch<real> sums = row_sums(N, D, steps, [=](real* sums, int64_t begin, int64_t end) {
//     for (int64_t row = begin; row < end; ++row)
//       for (int64_t d = 0; d < D; ++d) sums[d] += dy[row * D + d];          // and whatever else the row is read for
//   });
//   accumulate(into[1], D, [&](int64_t d) { return sums[d]; });
//
// The blocks follow from the number of rows alone. Each is worked on by one thread, with sums of its own that start at
// zero; these are added in the order of the blocks. So any number of threads gives the same bits. core/kernels/sums.h
// is the simpler choice where a sum is all that is wanted.
//
// row_sums<double> gathers in double, for sums of which a small difference counts.
//
// sum_of_parts is for sums gathered in buffers of a kernel's own.
//
// `steps` is the work in one row, as in threads_for.
#pragma once

#include <algorithm>

#include "../core/memory.h"
#include "../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {

// Rows of a block; the last one takes the rest too, so that no block is short.
inline constexpr int64_t kRowBlock = 512;

// A function of i: the sum of element i of `count` parts of `size` numbers each, in their order.
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
  [[maybe_unused]] const int count = static_cast<int>(std::min<int64_t>(threads_for(rows * steps), blocks));
#pragma omp parallel for num_threads(count) schedule(dynamic)
  for (int64_t block = 0; block < blocks; ++block)
    body(block, block * kRowBlock, block + 1 < blocks ? (block + 1) * kRowBlock : rows);
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
#pragma omp parallel for num_threads(threads_for(blocks* width)) schedule(static)
  for (int64_t first = 0; first < width; first += kColumns) {
    const int64_t last = std::min(first + kColumns, width);
    for (int64_t block = 1; block < blocks; ++block) {
      const Number* const part = total + block * width;
#pragma omp simd
      for (int64_t i = first; i < last; ++i) total[i] += part[i];
    }
  }
  return parts;
}

}  // namespace scangrad::SCANGRAD_PRECISION
