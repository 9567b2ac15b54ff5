#include "../../../models/data/synthetic_text.h"

#include <map>
#include <set>

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("synthetic_text: words are different, lowercase, and the common ones short") {
  const SyntheticText source(1);
  const std::vector<std::string>& words = source.words();
  CHECK(words.size() == 32);
  CHECK(std::set<std::string>(words.begin(), words.end()).size() == 32);
  CHECK(std::is_sorted(words.begin(), words.end(),
                       [](const std::string& a, const std::string& b) { return a.size() < b.size(); }));
  for (const std::string& word : words)
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
}

TEST_CASE("synthetic_text: a text depends on seed and part alone, and a shorter one is its beginning") {
  const SyntheticText source(7);
  const std::string text = source.text(1'000);
  CHECK(text.size() == 1'000);
  CHECK(text == SyntheticText(7).text(1'000));
  CHECK(text.substr(0, 123) == source.text(123));
  CHECK(text != SyntheticText(8).text(1'000));
  CHECK(text != source.text(1'000, 1));
  CHECK(source.text(0).empty());
  CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz .\n") == std::string::npos);
}

// -ln p of the first word by hand: rank r has probability ~ 1 / (r + 1), so a word has one of 32 scores.
TEST_CASE("synthetic_text: the first word's score is that of its rank") {
  const SyntheticText source(3);
  double total = 0;
  for (int rank = 0; rank < 32; ++rank) total += 1.0 / (rank + 1);
  std::multiset<int64_t> ranks;
  for (const std::string& word : source.words()) {
    const double nats = source.score(word + " ") * static_cast<double>(word.size() + 1) + std::log(14.0 / 16);
    const double rank = std::exp(nats) / total - 1;  // from -ln(1 / ((rank + 1) total))
    CHECK(rank == doctest::Approx(std::round(rank)).epsilon(1e-4).scale(32));
    ranks.insert(std::lround(rank));
  }
  for (int64_t rank = 0; rank < 32; ++rank) CHECK(ranks.count(rank) == 1);
}

TEST_CASE("synthetic_text: a long text costs what the entropy rate says") {
  for (const uint64_t seed : {1, 2, 3}) {
    const SyntheticText source(seed);
    const double rate = source.entropy_per_character();
    CHECK(rate > 0.4);
    CHECK(rate < 1);
    for (const uint64_t part : {0, 1})
      CHECK(source.score(source.text(1'000'000, part)) == doctest::Approx(rate).epsilon(0.01));
  }
}

// A model that sees one word of the context, or none, has a higher loss: each word of context can be learned from.
TEST_CASE("synthetic_text: knowing less of the context costs more") {
  const SyntheticText source(1);
  const std::string text = source.text(2'000'000);
  std::map<std::string, double> singles, pairs;
  std::string before;
  double words = 0;
  for (size_t at = 0, end; (end = text.find_first_of(" \n", at)) != std::string::npos; at = end + 1) {
    const std::string word = text.substr(at, text.find_first_of(". \n", at) - at);
    ++singles[word];
    ++pairs[before + " " + word];
    ++words;
    before = word;
  }
  const auto entropy = [&](const std::map<std::string, double>& counts) {
    double nats = 0;
    for (const auto& [key, count] : counts) nats -= count / words * std::log(count / words);
    return nats;
  };
  const double no_word = entropy(singles), one_word = entropy(pairs) - no_word;
  const double length = static_cast<double>(text.size()) / words;
  const double ending = -(14.0 / 16 * std::log(14.0 / 16) + 2.0 / 16 * std::log(1.0 / 16));
  const double two_words = source.entropy_per_character() * length - ending;
  CHECK(no_word > one_word + 0.02);
  CHECK(one_word > two_words + 0.1);
}

TEST_CASE("synthetic_text: the score leaves out a word that is cut") {
  const SyntheticText source(1);
  const std::string text = source.text(100);
  const std::string whole = text.substr(0, text.find_last_of(" \n") + 1);
  CHECK(source.score(whole) == source.score(whole + "b"));
}

TEST_CASE("synthetic_text: errors name text of another source") {
  const SyntheticText source(1);
  const std::string& word = source.words()[0];
  CHECK(error_of([&] { source.text(-1); }) == "synthetic_text: characters is -1, but at least 0 is needed");
  CHECK(error_of([&] { source.score(word + " quux "); }) ==
        "synthetic_text: 'quux' at character 3 is not from this source");
  CHECK(error_of([&] { source.score(word + "\n"); }) ==
        "synthetic_text: '" + word + "' at character 0 is not from this source");
  CHECK(error_of([&] { source.score(word); }) ==
        "synthetic_text: the text to score has no whole word in its 2 characters");
}
