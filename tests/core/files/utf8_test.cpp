#include "../../../core/files/utf8.h"

#include "../../testing.h"

using namespace scangrad;

namespace {

const std::string kBad = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("utf8: every character is written and read back") {
  for (int32_t character = 0; character <= 0x10FFFF; character += character < 0x3000 ? 1 : 257) {
    if (character >= 0xD800 && character < 0xE000) continue;
    std::string text;
    append_character(text, character);
    size_t at = 0;
    REQUIRE(next_character(text, at) == character);
    REQUIRE(at == text.size());
    for (size_t cut = 1; cut < text.size(); ++cut) {
      size_t start = 0;
      REQUIRE(next_character(std::string_view(text).substr(0, cut), start) == -1);
    }
  }
}

TEST_CASE("utf8: long forms, surrogates and stray bytes are not characters") {
  for (const char* bytes : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xFF", "\xC3("}) {
    size_t at = 0;
    CHECK(next_character(bytes, at) == -1);
    CHECK(at == 0);
  }
}

TEST_CASE("utf8: a stream returns characters when they are complete, and replaces invalid bytes") {
  Utf8Stream stream;
  CHECK(stream.add("a") == "a");
  CHECK(stream.add("\xC3") == "");
  CHECK(stream.add("\xA9z") == "\xC3\xA9z");
  CHECK(stream.add("\xE2\x82") == "");
  CHECK(stream.add("x") == kBad + kBad + "x");
  CHECK(stream.add("\xFF") == kBad);
  CHECK(stream.add("\xF0\x9F") == "");
  CHECK(stream.finish() == kBad + kBad);
  CHECK(stream.finish() == "");
}

TEST_CASE("utf8: any bytes in any pieces give well-formed text") {
  Rng rng(5);
  for (int trial = 0; trial < 200; ++trial) {
    Utf8Stream pieces, whole;
    std::string bytes, shown;
    for (int i = 0; i < 50; ++i) {
      const std::string next(1, static_cast<char>(rng.below(4) == 0 ? rng.below(128) : 128 + rng.below(128)));
      bytes += next;
      shown += pieces.add(next);
    }
    shown += pieces.finish();
    for (size_t at = 0; at < shown.size();) REQUIRE(next_character(shown, at) >= 0);
    std::string once = whole.add(bytes);
    once += whole.finish();
    CHECK(shown == once);
  }
}
