#include "../../../models/data/vocabulary.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

std::string decoded(const Vocabulary& vocabulary, const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) text += vocabulary.decode(id);
  return text;
}

}  // namespace

TEST_CASE("vocabulary: characters are numbered in their order") {
  const Vocabulary v = Vocabulary::characters(
      "b\xC3\xA9"
      "a\nb",
      "text");
  CHECK(v.size() == 4);
  CHECK(v.encode("\nab\xC3\xA9", "text") == std::vector<int32_t>{0, 1, 2, 3});
}

TEST_CASE("vocabulary: encoded text is decoded again, also after saving") {
  const TemporaryFolder folder;
  const std::string path = folder.file("vocab.json"), text = "na\xC3\xAFve \xF0\x9F\x8C\xB1 \"q\"\\\n";
  for (const Vocabulary& v : {Vocabulary::bytes(), Vocabulary::characters(text, "text")}) {
    v.save(path);
    const Vocabulary read = Vocabulary::load(path);
    CHECK(read.level() == v.level());
    CHECK(read.size() == v.size());
    CHECK(decoded(read, v.encode(text, "text")) == text);
    CHECK(read.encode(text, "text") == v.encode(text, "text"));
  }
  Vocabulary::ids(300).save(path);
  CHECK(Vocabulary::load(path).size() == 300);
}

TEST_CASE("vocabulary: ids without words are printed as numbers") {
  const TemporaryFolder folder;
  const std::string path = folder.file("words.txt");
  Vocabulary v = Vocabulary::ids(4);
  CHECK(decoded(v, {2, 0}) == "2 0 ");
  write_file(path, "to\n be\n\\n\n");
  CHECK(error_of([&] { v.set_words("/tmp"); }) == "file: /tmp is a folder, but a file is needed");
  v.set_words(path);
  CHECK(decoded(v, {0, 1, 2, 3}) == "to be\n3 ");
}

TEST_CASE("vocabulary: deeply nested lists are no characters") {
  const TemporaryFolder folder;
  const std::string path = folder.file("vocab.json"), deep(100'000, '['), end(100'000, ']');
  write_file(path, R"({"level": "char", "size": 1, "characters": [)" + deep + end + "]}");
  CHECK(error_of([&] { Vocabulary::load(path); }) == "vocabulary: " + path + " does not hold a vocabulary");
  write_file(path, R"({"level": "char", "size": 1, "characters": ["a"], "more": )" + deep + end + "}");
  CHECK(Vocabulary::load(path).size() == 1);
}

TEST_CASE("vocabulary: words beyond the number of ids are ignored") {
  const TemporaryFolder folder;
  const std::string path = folder.file("words.txt");
  write_file(path, "a\nb\nc\n");
  Vocabulary v = Vocabulary::ids(2);
  v.set_words(path);
  CHECK(decoded(v, {0, 1}) == "ab");
  CHECK(v.decode(2) == "2 ");
}

TEST_CASE("vocabulary: there are no more characters than in Unicode") {
  const TemporaryFolder folder;
  const std::string path = folder.file("vocab.json");
  std::string characters = "\"a\"";
  for (int i = 0; i < 1'200'000; ++i) characters += ",\"a\"";
  write_file(path, "{\"level\": \"char\", \"size\": 1, \"characters\": [" + characters + "]}");
  CHECK(error_of([&] { Vocabulary::load(path); }) == "vocabulary: " + path + " does not hold a vocabulary");
}

TEST_CASE("vocabulary: errors name text and files that cannot be read") {
  const TemporaryFolder folder;
  const std::string path = folder.file("vocab.json");
  const Vocabulary v = Vocabulary::characters("ab", "text");
  CHECK(error_of([&] { v.encode("a\xC3\xA9", "the prompt"); }) ==
        "text: the prompt holds '\xC3\xA9' (U+00E9) at byte 1, which is not in the vocabulary of 2 characters");
  CHECK(error_of([&] { v.encode("a\t", "the prompt"); }) ==
        "text: the prompt holds U+0009 at byte 1, which is not in the vocabulary of 2 characters");
  CHECK(error_of([&] { v.encode("a\xFF", "the prompt"); }) ==
        "text: the prompt is not UTF-8 at byte 1; --level bytes reads it as it is");
  CHECK(error_of([&] { Vocabulary::ids(3).encode("a", "the prompt"); }) ==
        "text: the prompt cannot be encoded: this network was trained on ids made elsewhere");
  CHECK(error_of([&] { Vocabulary::load(path); }) == "file: " + path + " cannot be read: No such file or directory");
  for (const char* bad : {" ", "[]", "{\"level\": \"char\", \"size\": 2}", "{\"level\": \"x\", \"size\": 2}",
                          "{\"level\": \"char\", \"size\": 2, \"characters\": [\"a\"]}"}) {
    write_file(path, bad);
    CHECK(error_of([&] { Vocabulary::load(path); }) == "vocabulary: " + path + " does not hold a vocabulary");
  }
}
