// Words as people mistype them, numbers as people read them, and what others wrote, made fit for a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// How many letters to insert, drop, replace, or swap with a neighbour to turn one word into the other (optimal string
// alignment).
SCANGRAD_API int64_t edit_distance(const std::string& a, const std::string& b);

// The candidate with the smallest edit distance to `name`, the first of several; empty where there are no candidates.
// For messages such as `unknown mixer "mingur", did you mean "mingru"?`
SCANGRAD_API std::string nearest(const std::string& name, const std::vector<std::string>& candidates);

// "a, b, c"
SCANGRAD_API std::string joined(const std::vector<std::string>& words, const std::string& separator = ", ");

// A word as a shell takes it: in single quotes, where it holds more than letters, digits and what stands in paths.
SCANGRAD_API std::string shell_word(const std::string& word);

// The shortest text that reads back as the number; every NaN is "nan", whatever its sign bit.
SCANGRAD_API std::string number_text(double number);

// The text on one line, nothing of which moves a terminal's cursor or changes its colours: control characters, ends of
// lines and bytes that are no UTF-8 are written as \n, \t, \r, \x1B, \u2028. Of other text nothing changes.
SCANGRAD_API std::string printable(std::string_view text);

// The text; of a longer one its beginning and its end, so many bytes together at most, cut between characters, and
// "..." between them.
SCANGRAD_API std::string shortened(std::string_view text, int64_t most);

}  // namespace scangrad::SCANGRAD_PRECISION
