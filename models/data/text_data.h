// A text as token ids, divided into a training and a validation part.
//
//   const TextData data = TextData::open("input.txt", Level::kChar);
//   TextBatch batch = data.windows(seed, step, /*rows=*/64, /*length=*/256);
//
// A file is divided as in nanoGPT: the first 90 % of its tokens are for training, the rest for validation. A folder
// holds nanoGPT's train.bin and val.bin, 16-bit ids. Files are mapped, not loaded, and may be larger than the memory;
// only kChar with a text that is not all ASCII stores four bytes per character.
//
// The start of window `row` in step s is a pure function of (seed, s, row), so any batch can be regenerated.
//
// Errors: a file that cannot be read, is empty, or is not text (it holds a zero byte; for kChar, it is not UTF-8); a
// part that is shorter than one window and its last target.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "../../core/ids.h"
#include "vocabulary.h"

namespace scangrad::SCANGRAD_PRECISION {

// A sequence of token ids in memory that something else owns.
class SCANGRAD_API Tokens {
 public:
  Tokens() = default;
  // Unsigned numbers of `width` bytes: 1, 2 or 4. `keeper` owns them. `table`, if any, gives the id of each byte.
  Tokens(const void* data, int width, int64_t count, std::shared_ptr<const void> keeper,
         std::shared_ptr<const std::vector<int32_t>> table = nullptr);
  int64_t size() const { return count_; }
  // Copies tokens first ... first + count - 1.
  void read(int32_t* to, int64_t first, int64_t count) const;
  Tokens part(int64_t begin, int64_t end) const;
  int32_t largest() const;
  std::string_view bytes() const;  // of the memory

 private:
  const void* data_ = nullptr;
  int width_ = 1;
  int64_t count_ = 0;
  std::shared_ptr<const void> keeper_;
  std::shared_ptr<const std::vector<int32_t>> table_;
};

struct TextBatch {
  Ids inputs, targets;  // (B, T); targets[t] = inputs[t + 1]
};

// Rows of tokens that start at the given positions.
SCANGRAD_API TextBatch text_batch(const Tokens& tokens, const std::vector<int64_t>& begins, int64_t length);

// Mean number of bytes of text per token; 0 if it is not known (token ids of a folder).
SCANGRAD_API double bytes_per_token(const Tokens& tokens, const Vocabulary& vocabulary);

class SCANGRAD_API TextData {
 public:
  // `vocabulary`: that of a trained network, to use instead of making one from the text.
  static TextData open(const std::string& path, Level level, const Vocabulary* vocabulary = nullptr);
  static TextData from_text(std::string text, Level level, const std::string& name,
                            const Vocabulary* vocabulary = nullptr);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const Tokens& training() const { return training_; }
  const Tokens& validation() const { return validation_; }
  const Tokens& all() const { return all_; }  // of a file, both parts
  // Of the bytes of both parts, which this reads once: core/files/fingerprint.h.
  uint64_t fingerprint() const;
  // Random windows of the training part.
  TextBatch windows(uint64_t seed, int64_t step, int64_t rows, int64_t length) const;

 private:
  static TextData from_bytes(const char* data, int64_t size, std::shared_ptr<const void> keeper, Level level,
                             const std::string& name, const Vocabulary* vocabulary);

  Vocabulary vocabulary_;
  Tokens training_, validation_, all_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
