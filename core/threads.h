// The one owner of threads: nothing else calls the OpenMP runtime.
//
// Kernels carry the pragmas and ask here how many threads to use:
//
//   #pragma omp parallel for num_threads(threads_for(work))
//
// or, where the parts need nothing but their limits, leave the pragma to
//
//   in_parts(n, work, [=](int64_t begin, int64_t end) { ... });
//
// How work is divided never changes a result: whatever changes rounding follows the shape alone, so any number of
// threads gives the same bits.
#pragma once

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Threads used by kernels of this process; at the start, what the machine and OMP_NUM_THREADS allow.
SCANGRAD_API int threads();
// Errors: fewer than 1 thread.
SCANGRAD_API void set_threads(int count);
// Threads worth starting for `work` elementary steps (about a nanosecond each): 1 for small work and inside a parallel
// region.
SCANGRAD_API int threads_for(int64_t work);
// Whether this thread runs inside a parallel region.
SCANGRAD_API bool in_parallel();
// This thread's number inside a parallel region, from 0.
SCANGRAD_API int thread_index();

// Calls body(begin, end) for parts of 0 ... n - 1 that make up the whole, a part for each thread worth starting. Where
// that is one, there is no parallel region, which costs about a microsecond even with one thread.
template <class Body>
void in_parts(int64_t n, int64_t work, Body body) {
  const int parts = threads_for(work);
  if (parts == 1) return body(int64_t(0), n);
#pragma omp parallel for num_threads(parts) schedule(static)
  for (int part = 0; part < parts; ++part) body(n * part / parts, n * (part + 1) / parts);
}

}  // namespace scangrad::SCANGRAD_PRECISION
