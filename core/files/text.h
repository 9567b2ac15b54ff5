// Text for messages: suggestions for mistyped words, numbers, and foreign text without control characters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// How many letters have to be inserted, dropped, replaced, or swapped with a neighbour to turn one word into the other
// (optimal string alignment).
SCANGRAD_API int64_t edit_distance(const std::string& a, const std::string& b);

// The first candidate with the smallest edit distance to `name`; empty if there are no candidates.
// For messages such as `unknown mixer "mingur", did you mean "mingru"?`
SCANGRAD_API std::string nearest(const std::string& name, const std::vector<std::string>& candidates);

// "a, b, c"
SCANGRAD_API std::string joined(const std::vector<std::string>& words, const std::string& separator = ", ");

// "1 layer", "2 layers"
SCANGRAD_API std::string counted(int64_t count, const std::string& what);

// A word to paste into a shell: in single quotes if it has characters that a shell could interpret.
SCANGRAD_API std::string shell_word(const std::string& word);

// The shortest text that reads back as the number; every NaN is "nan", whatever its sign bit.
SCANGRAD_API std::string number_text(double number);

// The text on one line and safe for a terminal: control characters, line ends and bytes that are not UTF-8 become \n,
// \t, \r, \x1B, \u2028. Other text is unchanged.
SCANGRAD_API std::string printable(std::string_view text);

// The text, if it has at most `most` bytes. Otherwise its beginning and its end, together at most `most` bytes, with
// "..." between them, cut between characters.
SCANGRAD_API std::string shortened(std::string_view text, int64_t most);

}  // namespace scangrad::SCANGRAD_PRECISION
