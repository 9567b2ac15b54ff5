// How far ops are from exact arithmetic, on ordinary and on extreme inputs: the lines of `scangrad check numerics`.
//
// numerics.cpp is compiled once for each precision, with the same cases.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

// The worst error of an element of the results, and of the gradients of all inputs: relative to the element's size
// (exact.h) or to a floor, whichever is more; infinite where something is not finite that should be.
struct NumericError {
  double result = 0, gradient = 0;
};

struct NumericLine {
  std::string op, inputs;
  NumericError error, bound;
  bool holds() const { return error.result <= bound.result && error.gradient <= bound.gradient; }
};

std::vector<NumericLine> numerics_in_float();
std::vector<NumericLine> numerics_in_double();

}  // namespace scangrad_tools
