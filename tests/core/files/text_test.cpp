#include "../../../core/files/text.h"

#include "../../testing.h"

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

TEST_CASE("text: nearest finds the most similar word") {
  const std::vector<std::string> flags{"layers", "length", "lr", "tokens"};
  CHECK(nearest("layrs", flags) == "layers");
  CHECK(nearest("lenght", flags) == "length");
  CHECK(nearest("token", flags) == "tokens");
  CHECK(nearest("lr", flags) == "lr");
}

TEST_CASE("text: nearest returns the first of several, and an empty text for an empty list") {
  CHECK(nearest("c", {"a", "b"}) == "a");
  CHECK(nearest("c", {}) == "");
}

TEST_CASE("text: the text of a number reads back as the number, and NaN has one name") {
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

TEST_CASE("text: a shell reads a quoted word unchanged") {
  CHECK(shell_word("runs/a-b_c.1") == "runs/a-b_c.1");
  CHECK(shell_word("./a,b:c@d%e+f") == "./a,b:c@d%e+f");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("my runs") == "'my runs'");
  CHECK(shell_word("~/a") == "'~/a'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
  CHECK(shell_word("\u00e9") == "'\u00e9'");
}

TEST_CASE("text: printable text is one line and safe for a terminal") {
  CHECK(printable("") == "");
  CHECK(printable("na\u00efve \U0001F331 \"q\\\"") == "na\u00efve \U0001F331 \"q\\\"");
  CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(printable(std::string("\0\x1b[31m\x7f", 7)) == "\\x00\\x1B[31m\\x7F");
  CHECK(printable("\u0085 \u009f \u00a0") == "\\x85 \\x9F \u00a0");
  CHECK(printable("\u2028\u2029\u2030") == "\\u2028\\u2029\u2030");
  CHECK(printable("\xff\xc3") == "\\xFF\\xC3");
}

TEST_CASE("text: a long text is shortened in the middle, between characters") {
  CHECK(shortened("abcd", 4) == "abcd");
  CHECK(shortened("abcdefg", 5) == "abc...fg");
  CHECK(shortened("ab\u00e9cd\u00e9f", 6) == "ab...\u00e9f");
  CHECK(shortened("ab\u00e9cd\u00e9f", 5) == "ab...f");
  CHECK(shortened("abc", 0) == "...");
  CHECK(shortened("\x80\x80\x80", 2) == "...");
}

TEST_CASE("text: counted nouns are in the singular or plural") {
  CHECK(counted(1, "layer") == "1 layer");
  CHECK(counted(0, "layer") == "0 layers");
  CHECK(counted(2, "layer") == "2 layers");
}

TEST_CASE("text: an error is one short printable line, even if it quotes binary data") {
  CHECK(std::string(Error("file: a\nb\x1b is \xff").what()) == "file: a\\nb\\x1B is \\xFF");
  CHECK(std::string(Error("file: " + std::string(5'000, 'x') + " is needed").what()) ==
        "file: " + std::string(494, 'x') + "..." + std::string(490, 'x') + " is needed");
}
