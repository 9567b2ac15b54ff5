// A text: read as bytes, as characters, as a list of words, and as a stream.
#include <algorithm>

#include "../../core/error.h"
#include "../../core/files/utf8.h"
#include "../../models/data/text_data.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

namespace {

void fuzz_stream(const std::string& input) {
  Utf8Stream pieces, whole;
  std::string of_pieces, of_whole = whole.add(input);
  of_whole += whole.finish();
  for (const char byte : input) of_pieces += pieces.add({&byte, 1});
  of_pieces += pieces.finish();
  require(of_pieces == of_whole, "a stream depends on its pieces");
  for (size_t at = 0; at < of_whole.size();) require(next_character(of_whole, at) >= 0, "a stream is no UTF-8");
}

void fuzz_words(const std::string& path) try {
  Vocabulary words = Vocabulary::ids(3);
  words.set_words(path);
  for (int32_t id = 0; id < 3; ++id) (void)words.decode(id);
} catch (const Error&) {  // nothing there
}

void fuzz_level(const std::string& path, Level level, const std::string& input) {
  const TextData data = TextData::open(path, level);
  const Tokens& tokens = data.all();
  std::vector<int32_t> ids(static_cast<size_t>(tokens.size()));
  tokens.read(ids.data(), 0, tokens.size());
  std::string text;
  for (const int32_t id : ids) text += data.vocabulary().decode(id);
  require(text == input, "a text was decoded to another");
  require(tokens.size() == 0 || tokens.largest() < data.vocabulary().size(), "a token is not in the vocabulary");
  require(data.training().size() + data.validation().size() == tokens.size(), "the parts are not the whole");
  (void)bytes_per_token(tokens, data.vocabulary());
  (void)data.windows(/*seed=*/1, /*step=*/0, /*rows=*/2, /*length=*/5);
}

}  // namespace

void fuzz(const std::string& input) {
  const std::string path = file_of(input);
  fuzz_stream(input);
  fuzz_words(path);
  try {
    fuzz_level(path, Level::kBytes, input);
  } catch (const Error&) {  // as for characters
  }
  fuzz_level(path, Level::kChar, input);
}

}  // namespace scangrad_fuzz
