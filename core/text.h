// Words as people mistype them, and numbers as people read them.
#pragma once

#include <string>
#include <vector>

#include "real.h"

namespace scangrad::inline SCANGRAD_PRECISION {

// How many letters to insert, drop, replace, or swap with a neighbour to turn one word into the other (optimal string
// alignment).
SCANGRAD_API int64_t edit_distance(const std::string& a, const std::string& b);

// The candidate with the smallest edit distance to `name`, the first of several; empty where there are no candidates.
// For messages such as `unknown mixer "mingur", did you mean "mingru"?`
SCANGRAD_API std::string nearest(const std::string& name, const std::vector<std::string>& candidates);

// "a, b, c"
SCANGRAD_API std::string joined(const std::vector<std::string>& words, const std::string& separator = ", ");

// The shortest text that reads back as the number; every NaN is "nan", whatever its sign bit.
SCANGRAD_API std::string number_text(double number);

}  // namespace scangrad::inline SCANGRAD_PRECISION
