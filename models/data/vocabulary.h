// Converts text to token ids and back.
//
//   kBytes    an id for each of the 256 bytes: any text in any language can be encoded
//   kChar     an id for each character (Unicode code point) of a text, in ascending order; others cannot be encoded
//   kIds      ids of another program, such as nanoGPT's train.bin; decoded with a list of words if there is one, else
//             written as numbers
//
// Errors: bytes that are not UTF-8 (kChar), a character that is not in the vocabulary, text to encode with kIds, a file
// that cannot be read or does not hold a vocabulary.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Level { kBytes, kChar, kIds };

class SCANGRAD_API Vocabulary {
 public:
  static Vocabulary bytes();
  // The characters of a text. `name` is the text's name in messages.
  static Vocabulary characters(std::string_view text, const std::string& name);
  static Vocabulary ids(int64_t size);

  Level level() const { return level_; }
  int64_t size() const { return size_; }

  std::vector<int32_t> encode(std::string_view text, const std::string& name) const;
  // The bytes of one token.
  std::string decode(int32_t id) const;
  // For kIds: the words of the ids, one per line, with \n, \t and \\ for those characters.
  void set_words(const std::string& file);

  void save(const std::string& path) const;
  static Vocabulary load(const std::string& path);
  static Vocabulary parse(const std::string& text, const std::string& name);  // the content of a saved file

 private:
  Level level_ = Level::kBytes;
  int64_t size_ = 256;
  std::vector<int32_t> characters_;  // of each id
  std::unordered_map<int32_t, int32_t> index_;
  std::vector<std::string> words_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
