// UTF-8: reads and writes single characters, and turns a stream of bytes into valid text.
#pragma once

#include <string>
#include <string_view>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Returns the character that begins at text[at] and moves `at` to the next one. Returns -1 and leaves `at` if the bytes
// are not well formed. Well formed: shortest form, no surrogates, at most U+10FFFF.
SCANGRAD_API int32_t next_character(std::string_view text, size_t& at);
SCANGRAD_API void append_character(std::string& text, int32_t character);

// Takes bytes as they are generated and returns text as soon as a character is complete. A byte that cannot be part of
// a character becomes U+FFFD.
class SCANGRAD_API Utf8Stream {
 public:
  // The text that these bytes complete.
  std::string add(std::string_view bytes);
  // U+FFFD for each byte that is left at the end.
  std::string finish();

 private:
  std::string waiting_;  // the beginning of a character
};

}  // namespace scangrad::SCANGRAD_PRECISION
