#include "../../../models/data/text_data.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

std::vector<int32_t> ids_of(const Tokens& tokens) {
  std::vector<int32_t> ids(size_t(tokens.size()));
  tokens.read(ids.data(), 0, tokens.size());
  return ids;
}

}  // namespace

TEST_CASE("text_data: the first 90 % train, the rest validates") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  write_file(path, "abcabcabcab");
  const TextData bytes = TextData::open(path, Level::kBytes);
  CHECK(bytes.vocabulary().size() == 256);
  CHECK(ids_of(bytes.training()) == std::vector<int32_t>{97, 98, 99, 97, 98, 99, 97, 98, 99});
  CHECK(ids_of(bytes.validation()) == std::vector<int32_t>{97, 98});
  const TextData chars = TextData::open(path, Level::kChar);
  CHECK(chars.vocabulary().size() == 3);
  CHECK(ids_of(chars.all()) == std::vector<int32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1});
}

TEST_CASE("text_data: characters of any script are tokens") {
  const TextData data = TextData::from_text("\xC3\xA9t\xC3\xA9\xE2\x82\xAC", Level::kChar, "text");
  CHECK(ids_of(data.all()) == std::vector<int32_t>{1, 0, 1, 2});
  CHECK(bytes_per_token(data.all(), data.vocabulary()) == 2);  // 2, 1, 2 and 3 bytes
}

TEST_CASE("text_data: a folder holds nanoGPT's 16-bit ids") {
  const TemporaryFolder folder;
  write_file(folder.file("train.bin"), std::string("\x01\x00\x02\x01\x00\x00", 6));
  write_file(folder.file("val.bin"), std::string("\x03\x00\x04\x00", 4));
  const TextData data = TextData::open(folder.path.string(), Level::kBytes);
  CHECK(data.vocabulary().level() == Level::kIds);
  CHECK(data.vocabulary().size() == 0x102 + 1);
  CHECK(ids_of(data.training()) == std::vector<int32_t>{1, 0x102, 0});
  CHECK(ids_of(data.validation()) == std::vector<int32_t>{3, 4});
}

TEST_CASE("text_data: the fingerprint depends on the text, not on its path") {
  const TemporaryFolder folder;
  const std::string text(10'000, 'a');
  write_file(folder.file("a.txt"), text);
  const auto fingerprint = [](const std::string& of, Level level) {
    return TextData::from_text(of, level, "text").fingerprint();
  };
  const uint64_t bytes = fingerprint(text, Level::kBytes);
  CHECK(TextData::open(folder.file("a.txt"), Level::kBytes).fingerprint() == bytes);
  for (const size_t place : {size_t(0), size_t(4095), size_t(4096), text.size() - 1}) {
    std::string changed = text;
    changed[place] = 'b';
    CHECK(fingerprint(changed, Level::kBytes) != bytes);
  }
  CHECK(fingerprint(text + "a", Level::kBytes) != bytes);
  CHECK(fingerprint("\xC3\xA9t\xC3\xA9", Level::kChar) != fingerprint("t\xC3\xA9\xC3\xA9", Level::kChar));
}

TEST_CASE("text_data: windows are random, can be regenerated, and their targets are the inputs one step later") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(33 + i % 90);
  const TextData data = TextData::from_text(text, Level::kBytes, "text");
  const TextBatch a = data.windows(1, 5, 8, 10), b = data.windows(1, 5, 8, 10), c = data.windows(1, 6, 8, 10);
  CHECK(a.inputs.shape() == Shape{8, 10});
  CHECK(std::equal(a.inputs.data(), a.inputs.data() + 80, b.inputs.data()));
  CHECK(!std::equal(a.inputs.data(), a.inputs.data() + 80, c.inputs.data()));
  for (int64_t i = 0; i < 80; ++i)
    CHECK(a.targets[i] == (i % 10 < 9 ? a.inputs[i + 1] : 33 + (a.inputs[i] - 33 + 1) % 90));
}

TEST_CASE("text_data: the shortest text has one window") {
  const TextData data = TextData::from_text("0123456789", Level::kBytes, "text");
  const TextBatch batch = data.windows(1, 0, 4, 8);
  for (int64_t row = 0; row < 4; ++row) CHECK((batch.inputs[row * 8] == '0' && batch.targets[row * 8 + 7] == '8'));
  CHECK(error_of([&] { data.windows(1, 0, 1, 9); }) == "text: the training part has 9 tokens, but a window needs 10");
}

TEST_CASE("text_data: errors name files that are no text") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a"), inside = folder.path.string();
  write_file(path, std::string("ab\0c", 4));
  CHECK(error_of([&] { TextData::open(path, Level::kBytes); }) ==
        "text: " + path + " holds a zero byte at 2, so it is no text");
  write_file(path, "ab\xFFz");
  CHECK(error_of([&] { TextData::open(path, Level::kChar); }) ==
        "text: " + path + " is not UTF-8 at byte 2; --level bytes reads it as it is");
  const Vocabulary ab = Vocabulary::characters("ab", "text");
  write_file(path, "abc");
  CHECK(error_of([&] { TextData::open(path, Level::kChar, &ab); }) ==
        "text: " + path + " holds 'c' (U+0063) at byte 0, which is not in the vocabulary of 2 characters");
  CHECK(error_of([&] { TextData::open(path, Level::kBytes, &ab); }) ==
        "text: " + path + " holds other tokens than the network was trained on (bytes, characters or ids)");
  CHECK(error_of([&] { TextData::open(inside, Level::kBytes); }) ==
        "file: " + inside + "/train.bin cannot be read: No such file or directory");
  write_file(folder.file("train.bin"), "abc");
  CHECK(error_of([&] { TextData::open(inside, Level::kBytes); }) ==
        "text: " + inside + "/train.bin has 3 bytes, but 16-bit ids are needed");
  CHECK(error_of([&] { TextData::from_text("ab", Level::kIds, "synthetic text"); }) ==
        "text: synthetic text has no token ids; a folder with train.bin and val.bin is needed as --data");
}
