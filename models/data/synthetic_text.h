// Generated text with an entropy rate that is known exactly: what a model can still learn is the difference of its loss
// to it.
//
//   SyntheticText source(/*seed=*/1);
//   std::string text = source.text(1'000'000);        // "sarido me tuvi. lome ka sarido.\nme ..."
//   double floor = source.entropy_per_character();    // nats; no model's mean loss over long texts is lower
//
// The source is a Markov chain of order 2 over V = 32 invented words; common words are short:
//
//   p(w | u, v) = z[rank(u, v, w)]      z[r] ~ 1 / (r + 1)     u, v the two words before: Zipf's law in each context
//   each word ends in " " (7/8 of the time), ". " or ".\n" (1/16 each), independent of the word
//
// rank(u, v, .) is a random order of the words, another one in each context, drawn without replacement with the weights
// z: so common words are usually the likely ones. Every z is positive, so pairs have one stationary distribution pi:
//
//   pi(v, w) = sum over u of pi(u, v) p(w | u, v)
//   H        = sum over u, v of pi(u, v) * (-sum over w of p(w | u, v) ln p(w | u, v))  +  H(ending)
//   L        = sum over v, w of pi(v, w) * letters of w                                 +  E(length of ending)
//
// All contexts share z, so the inner sum is the same for all. The characters determine the words and their endings, so
// the entropy rate is H / L nats per character.
//
// Words, ranks and texts are drawn with integers: the same seed gives the same text on every machine.
//
// Errors: a text of fewer than 0 characters; a text to score that is not from this source, or has no complete word.
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
  // A text of this many characters; its last word may be cut. Each `part` is another text of the same source.
  std::string text(int64_t characters, uint64_t part = 0) const;
  double entropy_per_character() const { return entropy_; }
  // -ln p per character of a text under this source, from the same start as text(); a last word that is cut does not
  // count.
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
