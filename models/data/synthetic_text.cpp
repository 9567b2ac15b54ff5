#include "synthetic_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "../../core/check.h"
#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kWords = 32;

// Streams of random numbers under the seed: one for the words, one for each context, the rest for texts.
constexpr uint64_t kSpelling = 0, kContexts = 1, kTexts = uint64_t(1) << 32;

// Zipf's law in integers, so that draws are exact on any machine.
constexpr std::array<int64_t, kWords> kWeights = [] {
  std::array<int64_t, kWords> weights{};
  for (int64_t r = 0; r < kWords; ++r) weights[r] = (int64_t(1) << 20) / (r + 1);
  return weights;
}();
constexpr int64_t kTotal = std::accumulate(kWeights.begin(), kWeights.end(), int64_t(0));

double probability(int64_t rank) {
  return static_cast<double>(kWeights[rank]) / static_cast<double>(kTotal);
}

// How a word may end, with the weight / 16 as its probability.
struct Ending {
  const char* text;
  int64_t weight;
};
constexpr Ending kEndings[] = {{" ", 14}, {". ", 1}, {".\n", 1}};

double ending_probability(const Ending& ending) {
  return static_cast<double>(ending.weight) / 16;
}

// The entry that a draw from 0 ... (sum of the weights) - 1 selects.
template <class Weight>
int64_t hit(int64_t draw, const Weight& weight) {
  int64_t i = 0;
  for (; draw >= weight(i); ++i) draw -= weight(i);
  return i;
}

// Words of one or two syllables (consonant and vowel) for the common ones, and of three for the rest.
std::vector<std::string> make_words(Rng rng) {
  const std::string consonants = "bdfgklmnprstv", vowels = "aeiou";
  const auto letter = [&](const std::string& from) { return from[rng.below(static_cast<int64_t>(from.size()))]; };
  std::vector<std::string> words;
  while (words.size() < kWords) {
    const int syllables = words.size() < 6 ? 1 : words.size() < 18 ? 2 : 3;
    std::string word;
    for (int i = 0; i < syllables; ++i) {
      word += letter(consonants);
      word += letter(vowels);
    }
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

// A random order of all words: each is drawn, by weight, from those that are left.
std::vector<uint8_t> draw_order(Rng rng) {
  std::vector<uint8_t> order, left(kWords);
  std::iota(left.begin(), left.end(), uint8_t(0));
  for (int64_t total = kTotal; !left.empty();) {
    const int64_t i = hit(rng.below(total), [&](int64_t at) { return kWeights[left[at]]; });
    total -= kWeights[left[i]];
    order.push_back(left[i]);
    left.erase(left.begin() + i);
  }
  return order;
}

}  // namespace

SyntheticText::SyntheticText(uint64_t seed) : seed_(seed), words_(make_words(Rng(seed, kSpelling))) {
  rank_.resize(kWords * kWords * kWords);
  for (int64_t c = 0; c < kWords * kWords; ++c) {
    const std::vector<uint8_t> order = draw_order(Rng(seed, kContexts + static_cast<uint64_t>(c)));
    for (int64_t r = 0; r < kWords; ++r) rank_[c * kWords + order[r]] = static_cast<uint8_t>(r);
    ranked_.insert(ranked_.end(), order.begin(), order.end());
  }
  double nats = 0, length = 0;
  for (int64_t r = 0; r < kWords; ++r) nats -= probability(r) * std::log(probability(r));
  for (const Ending& ending : kEndings) {
    nats -= ending_probability(ending) * std::log(ending_probability(ending));
    length += ending_probability(ending) * static_cast<double>(std::string_view(ending.text).size());
  }
  const std::vector<double> pi = stationary();
  for (int64_t c = 0; c < kWords * kWords; ++c) length += pi[c] * static_cast<double>(words_[c % kWords].size());
  entropy_ = nats / length;
}

// The first index of a context in ranked_ and rank_.
int64_t SyntheticText::context(int64_t u, int64_t v) const {
  return (u * kWords + v) * kWords;
}

// The distribution over pairs of words that one step of the chain does not change, by iteration. It converges from any
// start: within two steps each pair follows each other pair with probability at least z[V-1]^2, so every two steps
// reduce the distance to it to at most 1 - (V z[V-1])^2 = 0.94 of what it was.
std::vector<double> SyntheticText::stationary() const {
  std::vector<double> pi(kWords * kWords, 1.0 / (kWords * kWords));
  for (double change = 1; change > 1e-13;) {
    std::vector<double> next(pi.size());
    for (int64_t u = 0; u < kWords; ++u)
      for (int64_t v = 0; v < kWords; ++v)
        for (int64_t r = 0; r < kWords; ++r)
          next[v * kWords + ranked_[context(u, v) + r]] += pi[u * kWords + v] * probability(r);
    change = 0;
    for (size_t c = 0; c < pi.size(); ++c) change += std::abs(next[c] - pi[c]);
    pi = next;
  }
  return pi;
}

std::string SyntheticText::text(int64_t characters, uint64_t part) const {
  check(characters >= 0, "synthetic_text: characters is {}, but at least 0 is needed", characters);
  Rng rng(seed_, kTexts + part);
  std::string text;
  for (int64_t u = 0, v = 0; static_cast<int64_t>(text.size()) < characters;) {
    const int64_t rank = hit(rng.below(kTotal), [](int64_t r) { return kWeights[r]; });
    const int64_t word = ranked_[context(u, v) + rank];
    const int64_t ending = hit(rng.below(16), [](int64_t e) { return kEndings[e].weight; });
    text += words_[word] + kEndings[ending].text;
    u = std::exchange(v, word);
  }
  text.resize(static_cast<size_t>(characters));
  return text;
}

double SyntheticText::score(std::string_view text) const {
  double nats = 0;
  size_t at = 0;
  for (int64_t u = 0, v = 0;;) {
    const size_t end = text.find_first_of(" \n", at);
    if (end == std::string_view::npos) break;
    const std::string_view token = text.substr(at, end + 1 - at);
    const std::string_view letters = token.substr(0, token.find_first_of(". \n"));
    const auto word = std::find(words_.begin(), words_.end(), letters);
    const auto* const ending = std::find_if(std::begin(kEndings), std::end(kEndings),
                                            [&](const Ending& e) { return token.substr(letters.size()) == e.text; });
    check(word != words_.end() && ending != std::end(kEndings),
          "synthetic_text: '{}' at character {} is not from this source", token.substr(0, token.size() - 1), at);
    const int64_t w = word - words_.begin();
    nats -= std::log(probability(rank_[context(u, v) + w])) + std::log(ending_probability(*ending));
    u = std::exchange(v, w);
    at = end + 1;
  }
  check(at > 0, "synthetic_text: the text to score has no whole word in its {} characters", text.size());
  return nats / static_cast<double>(at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
