#include "../../core/text.h"

#include "../testing.h"

using namespace scangrad;

TEST_CASE("text: edit_distance counts inserted, dropped, replaced and swapped letters") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("mingru", "mingru") == 0);
  CHECK(edit_distance("mingr", "mingru") == 1);
  CHECK(edit_distance("mingrru", "mingru") == 1);
  CHECK(edit_distance("mingro", "mingru") == 1);
  CHECK(edit_distance("mingur", "mingru") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("layers", "dim") == edit_distance("dim", "layers"));
}

TEST_CASE("text: nearest finds the word that was meant") {
  const std::vector<std::string> flags{"layers", "length", "lr", "tokens"};
  CHECK(nearest("layrs", flags) == "layers");
  CHECK(nearest("lenght", flags) == "length");
  CHECK(nearest("token", flags) == "tokens");
  CHECK(nearest("lr", flags) == "lr");
}

TEST_CASE("text: nearest takes the first of several, and nothing from nothing") {
  CHECK(nearest("c", {"a", "b"}) == "a");
  CHECK(nearest("c", {}) == "");
}

TEST_CASE("text: numbers read back, and NaN has one name") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(-2) == "-2");
  CHECK(number_text(INFINITY) == "inf");
  CHECK(number_text(NAN) == "nan");
  CHECK(number_text(-NAN) == "nan");
}

TEST_CASE("text: words are joined") {
  CHECK(joined({}) == "");
  CHECK(joined({"a"}) == "a");
  CHECK(joined({"a", "", "c"}) == "a, , c");
  CHECK(joined({"a", "b"}, "\n") == "a\nb");
}
