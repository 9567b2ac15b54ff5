#include "../../../core/files/fingerprint.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "../../testing.h"

using namespace scangrad;

namespace {

template <class T>
uint64_t fingerprint(const std::vector<T>& numbers) {
  Fingerprint fingerprint;
  fingerprint.add(numbers.data(), std::ssize(numbers));
  return fingerprint.value();
}

}  // namespace

TEST_CASE("fingerprint: a changed bit, order, end or extra number changes it") {
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

TEST_CASE("fingerprint: several changed signs change it") {  // a product does not carry the highest bits down
  CHECK(fingerprint<double>({1, 2, 3, 4}) != fingerprint<double>({-1, -2, -3, -4}));
  CHECK(fingerprint<double>({1, 2}) != fingerprint<double>({-1, -2}));
  CHECK(fingerprint<double>({0.0}) != fingerprint<double>({-0.0}));
}

TEST_CASE("fingerprint: two changes far apart do not cancel") {
  const std::vector<int64_t> numbers{3, 0, -1, 7};
  std::set<uint64_t> seen;
  size_t different = 0;
  for (size_t i = 0; i < numbers.size(); ++i)
    for (size_t j = i + 1; j < numbers.size(); ++j)
      for (int a = 0; a < 64; ++a)
        for (int b = 0; b < 64; ++b) {
          std::vector<int64_t> changed = numbers;
          changed[i] ^= static_cast<int64_t>(uint64_t(1) << a);
          changed[j] ^= static_cast<int64_t>(uint64_t(1) << b);
          seen.insert(fingerprint(changed));
          ++different;
        }
  CHECK(seen.size() == different);
  // Letters at the ends of words, as texts have them, and 16-bit ids.
  const auto of_text = [](std::string_view text) {
    Fingerprint result;
    result.add(text);
    return result.value();
  };
  CHECK(of_text("or not to be, that is the question") != of_text("or not to be, es tde qyat is the question"));
  seen.clear();
  for (unsigned bits = 0; bits < 512; ++bits) {
    std::string ids(16, '\1');
    for (int k = 0; k < 3; ++k) ids[size_t(2 * (3 + 2 * k) + 1)] ^= static_cast<char>((bits >> (3 * k) & 7) << 5);
    seen.insert(of_text(ids));
  }
  CHECK(seen.size() == 512);
}

TEST_CASE("fingerprint: it does not depend on how the data is divided, nor on the width of integers") {
  const std::vector<int32_t> numbers{5, 4, -3, 2, 1};
  Fingerprint pieces;
  pieces.add(numbers.data(), 2);
  pieces.add(numbers.data() + 2, 0);
  pieces.add(numbers[2]);
  pieces.add(numbers.data() + 3, 2);
  CHECK(pieces.value() == fingerprint(numbers));
  CHECK(pieces.value() == fingerprint(std::vector<int64_t>(numbers.begin(), numbers.end())));
  CHECK(pieces.value() == fingerprint_of(5, int64_t(4), -3, 2, 1));
}

TEST_CASE("fingerprint: every byte of a text changes it, and so does its length") {
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
