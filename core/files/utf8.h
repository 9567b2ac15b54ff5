// UTF-8: characters read and written one by one, and a stream of bytes turned into text that breaks no terminal.
#pragma once

#include <string>
#include <string_view>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// The character that begins at text[at], and moves `at` behind it; -1 where the bytes are not well formed (then `at`
// stays). Well formed: shortest form, no surrogates, at most U+10FFFF.
SCANGRAD_API int32_t next_character(std::string_view text, size_t& at);
SCANGRAD_API void append_character(std::string& text, int32_t character);

// Bytes come in as they are made; text goes out as soon as a character is complete. What can no longer become one is
// replaced by U+FFFD, byte by byte.
class SCANGRAD_API Utf8Stream {
 public:
  // The text that can be shown now that these bytes have come.
  std::string add(std::string_view bytes);
  // What is left at the end.
  std::string finish();

 private:
  std::string waiting_;  // the beginning of a character
};

}  // namespace scangrad::SCANGRAD_PRECISION
