#include "../../core/fingerprint.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "../testing.h"

using namespace scangrad;

namespace {

template <class T>
uint64_t fingerprint(const std::vector<T>& numbers) {
  Fingerprint fingerprint;
  fingerprint.add(numbers.data(), std::ssize(numbers));
  return fingerprint.value();
}

}  // namespace

TEST_CASE("fingerprint: any bit that changes shows, and so does an order, an end and a number more") {
  const std::vector<int64_t> numbers{3, 0, -1, 7, 7, 1'000'000'000'000};
  std::set<uint64_t> seen{fingerprint(numbers)};
  size_t different = 1;
  const auto shows = [&](const std::vector<int64_t>& changed) {
    seen.insert(fingerprint(changed));
    CHECK(seen.size() == ++different);
  };
  for (size_t i = 0; i < numbers.size(); ++i)
    for (int bit = 0; bit < 64; ++bit) {
      std::vector<int64_t> changed = numbers;
      changed[i] ^= static_cast<int64_t>(uint64_t(1) << bit);
      shows(changed);
    }
  std::vector<int64_t> changed = numbers;
  std::swap(changed[0], changed[1]);
  shows(changed);
  changed = numbers;
  changed.push_back(0);
  shows(changed);
  changed = numbers;
  changed.pop_back();
  shows(changed);
  shows({});
}

TEST_CASE("fingerprint: signs that change together show") {  // the highest bits, which products do not carry on
  CHECK(fingerprint<double>({1, 2, 3, 4}) != fingerprint<double>({-1, -2, -3, -4}));
  CHECK(fingerprint<double>({1, 2}) != fingerprint<double>({-1, -2}));
  CHECK(fingerprint<double>({0.0}) != fingerprint<double>({-0.0}));
}

TEST_CASE("fingerprint: it does not depend on where the data is cut, nor on the width of whole numbers") {
  const std::vector<int32_t> numbers{5, 4, -3, 2, 1};
  Fingerprint pieces;
  pieces.add(numbers.data(), 2);
  pieces.add(numbers.data() + 2, 0);
  pieces.add(numbers[2]);
  pieces.add(numbers.data() + 3, 2);
  CHECK(pieces.value() == fingerprint(numbers));
  CHECK(pieces.value() == fingerprint(std::vector<int64_t>(numbers.begin(), numbers.end())));
}

TEST_CASE("fingerprint: any byte of a text shows, and its end, whether it fills its last word or not") {
  std::set<uint64_t> seen;
  size_t different = 0;
  const auto shows = [&](const std::string& text) {
    Fingerprint fingerprint;
    fingerprint.add(text);
    seen.insert(fingerprint.value());
    CHECK(seen.size() == ++different);
  };
  for (const size_t size : {0, 1, 7, 8, 9, 15, 16, 17}) {
    const std::string text(size, '\0');
    shows(text);
    for (size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = '\x80';
      shows(changed);
    }
  }
}
