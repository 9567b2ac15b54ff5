// How many threads a kernel uses. Only this unit calls the OpenMP runtime.
//
// Kernels contain the pragmas and ask here for the number of threads:
//
//   #pragma omp parallel for num_threads(threads_for(work))
//
// or leave the pragma to
//
//   in_parts(n, work, [=](int64_t begin, int64_t end) { ... });
//
// The division of work never changes a result: everything that affects rounding depends on shapes alone, so any number
// of threads gives the same bits.
#pragma once

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

// The number of threads for kernels of this process; at the start as many as the machine and OMP_NUM_THREADS allow.
SCANGRAD_API int threads();
// Errors: fewer than 1 thread.
SCANGRAD_API void set_threads(int count);
// The number of threads to start for `work` elementary steps of about a nanosecond: 1 for little work and inside a
// parallel region.
SCANGRAD_API int threads_for(int64_t work);
// Whether this thread runs inside a parallel region.
SCANGRAD_API bool in_parallel();
// This thread's number inside a parallel region, from 0.
SCANGRAD_API int thread_index();

// Divides 0 ... n - 1 into one part for each thread and calls body(begin, end) for each part. For one thread there is
// no parallel region, which would cost about a microsecond.
template <class Body>
void in_parts(int64_t n, int64_t work, Body body) {
  const int parts = threads_for(work);
  if (parts == 1) return body(int64_t(0), n);
#pragma omp parallel for num_threads(parts) schedule(static)
  for (int part = 0; part < parts; ++part) body(n * part / parts, n * (part + 1) / parts);
}

}  // namespace scangrad::SCANGRAD_PRECISION
