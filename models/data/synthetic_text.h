// Text from a source whose entropy rate is known exactly: how far a model's loss lies above it is what the model has
// yet to learn.
//
//   SyntheticText source(/*seed=*/1);
//   std::string text = source.text(1'000'000);        // "sarido me tuvi. lome ka sarido.\nme ..."
//   double floor = source.entropy_per_character();    // nats; no model's mean loss over long texts is lower
//
// The source is a Markov chain of order 2 over made-up words, V = 32, the common ones short:
//
//   p(w | u, v) = z[rank(u, v, w)]      z[r] ~ 1 / (r + 1)     u, v the two words before, Zipf's law in each context
//   each word ends in " " (7 of 8 times), ". " or ".\n" (1 of 16 each), whatever it is
//
// rank(u, v, .) orders the words anew in each context, drawn without replacement with the weights z, so that common
// words are likely to be likely. Every z is positive, so there is one stationary distribution pi of pairs of words:
//
//   pi(v, w) = sum over u of pi(u, v) p(w | u, v)
//   H        = sum over u, v of pi(u, v) * (-sum over w of p(w | u, v) ln p(w | u, v))  +  H(ending)
//   L        = sum over v, w of pi(v, w) * letters of w                                 +  E(length of ending)
//
// All contexts share z, so the inner sum is one number. A word and its ending can be told from the characters alone, so
// the rate is H / L nats per character.
//
// Words, ranks and texts are drawn in integers: the same seed gives the same text everywhere.
//
// Errors: a text of fewer than 0 characters; a text to score that is not from this source, or shorter than one word.
// Source: Cover and Thomas, "Elements of Information Theory", chapter 4 (entropy rate of a Markov chain).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API SyntheticText {
 public:
  explicit SyntheticText(uint64_t seed);
  // So many characters, the last word perhaps cut. Texts of other parts are others of the same source: for validation.
  std::string text(int64_t characters, uint64_t part = 0) const;
  double entropy_per_character() const { return entropy_; }
  // -ln p per character of a text that starts where text() starts, under the source itself; a last word that is cut
  // does not count.
  double score(std::string_view text) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  int64_t context(int64_t u, int64_t v) const;
  std::vector<double> stationary() const;

  uint64_t seed_;
  std::vector<std::string> words_;
  std::vector<uint8_t> ranked_, rank_;  // (V, V, V): the word at each rank of a context, and the rank of each word
  double entropy_ = 0;
};

}  // namespace scangrad::SCANGRAD_PRECISION
