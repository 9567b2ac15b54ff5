#include "utf8.h"

#include <array>

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of a character, by its first byte; 0 if no character begins with this byte.
size_t length_of_character(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// Whether these bytes are the beginning of a character that is not complete yet.
bool may_become_character(std::string_view bytes) {
  const auto byte = [bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (length_of_character(byte(0)) <= bytes.size()) return false;
  if (bytes.size() > 1) {
    // The second byte rules out long forms, surrogates, and what lies above U+10FFFF.
    const unsigned char first = byte(0), second = byte(1);
    const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return false;
  }
  return bytes.size() < 3 || (byte(2) & 0xC0) == 0x80;
}

}  // namespace

int32_t next_character(std::string_view text, size_t& at) {
  const auto byte = [text, at](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const size_t length = length_of_character(byte(0));
  if (length == 0 || at + length > text.size()) return -1;
  constexpr std::array<int32_t, 5> kMask{0, 0x7F, 0x1F, 0x0F, 0x07}, kLeast{0, 0, 0x80, 0x800, 0x10000};
  int32_t character = byte(0) & kMask[length];
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return -1;
    character = character << 6 | (byte(i) & 0x3F);
  }
  const bool is_surrogate = character >= 0xD800 && character < 0xE000;
  if (character < kLeast[length] || character > 0x10FFFF || is_surrogate) return -1;
  at += length;
  return character;
}

void append_character(std::string& text, int32_t character) {
  const auto put = [&text](int32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](int shift) { put(0x80 | (character >> shift & 0x3F)); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    put(0xE0 | character >> 12);
    rest(6);
  } else {
    put(0xF0 | character >> 18);
    rest(12);
    rest(6);
  }
  rest(0);
}

std::string Utf8Stream::add(std::string_view bytes) {
  waiting_ += bytes;
  std::string text;
  size_t at = 0;
  while (at < waiting_.size()) {
    const size_t begin = at;
    if (next_character(waiting_, at) >= 0) {
      text.append(waiting_, begin, at - begin);
    } else if (may_become_character(std::string_view(waiting_).substr(at))) {
      break;
    } else {
      text += kReplacement;
      ++at;
    }
  }
  waiting_.erase(0, at);
  return text;
}

std::string Utf8Stream::finish() {
  std::string text;
  for (size_t i = 0; i < waiting_.size(); ++i) text += kReplacement;
  waiting_.clear();
  return text;
}

}  // namespace scangrad::SCANGRAD_PRECISION
