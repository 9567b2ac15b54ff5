// A part of a tensor along one axis.
//
//   forward     y[o, s, j] = x[o, begin + s, j]            s < end - begin
//   backward    dx[o, begin + s, j] += dy[o, s, j]         nothing elsewhere
//
// Backward touches its part only. A gradient that many slices share is filled with zeros once, so that cutting a
// sequence of T steps into T slices costs time linear in T, back and forth.
//
// Shapes: x any, seen as (outer, size, inner) around the axis; an axis below 0 counts from the end; result that of x
// with end - begin at the axis. Keeps nothing. Errors: a range outside 0 <= begin <= end <= size, an axis x lacks.
#pragma once

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end);

}  // namespace scangrad::SCANGRAD_PRECISION
