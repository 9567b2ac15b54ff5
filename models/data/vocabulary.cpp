#include "vocabulary.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/json.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/utf8.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kCharacters = 0x110000;

// Calls f(character, position) for each character of a text.
template <class F>
void each_character(std::string_view text, const std::string& name, F f) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const int32_t character = next_character(text, at);
    check(character >= 0, "text: {} is not UTF-8 at byte {}; --level bytes reads it as it is", name, begin);
    f(character, begin);
  }
}

std::string shown(int32_t character) {
  std::string text;
  append_character(text, character);
  return character < 32 ? fmt::format("U+{:04X}", character) : fmt::format("'{}' (U+{:04X})", text, character);
}

}  // namespace

Vocabulary Vocabulary::bytes() {
  return {};
}

Vocabulary Vocabulary::characters(std::string_view text, const std::string& name) {
  std::set<int32_t> seen;
  each_character(text, name, [&](int32_t character, size_t) { seen.insert(character); });
  Vocabulary result;
  result.level_ = Level::kChar;
  result.size_ = static_cast<int64_t>(seen.size());
  result.characters_.assign(seen.begin(), seen.end());
  for (size_t id = 0; id < result.characters_.size(); ++id)
    result.index_[result.characters_[id]] = static_cast<int32_t>(id);
  return result;
}

Vocabulary Vocabulary::ids(int64_t size) {
  Vocabulary result;
  result.level_ = Level::kIds;
  result.size_ = size;
  return result;
}

std::vector<int32_t> Vocabulary::encode(std::string_view text, const std::string& name) const {
  check(level_ != Level::kIds, "text: {} cannot be encoded: this network was trained on ids made elsewhere", name);
  std::vector<int32_t> ids;
  if (level_ == Level::kBytes) {
    for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
    return ids;
  }
  ids.reserve(text.size());
  each_character(text, name, [&](int32_t character, size_t at) {
    const auto found = index_.find(character);
    check(found != index_.end(), "text: {} holds {} at byte {}, which is not in the vocabulary of {} characters", name,
          shown(character), at, size_);
    ids.push_back(found->second);
  });
  return ids;
}

std::string Vocabulary::decode(int32_t id) const {
  const auto i = static_cast<size_t>(id);
  if (level_ == Level::kBytes) return std::string(1, static_cast<char>(id));
  if (level_ == Level::kIds) return i < words_.size() ? words_[i] : std::to_string(id) + " ";
  std::string text;
  append_character(text, characters_[i]);
  return text;
}

void Vocabulary::set_words(const std::string& file) {
  std::istringstream in{read_text(file)};
  words_.clear();
  for (std::string line; std::ssize(words_) < size_ && std::getline(in, line);) {
    std::string word;
    for (size_t i = 0; i < line.size(); ++i) {
      const bool escaped = line[i] == '\\' && i + 1 < line.size();
      const char c = escaped ? line[++i] : line[i];
      word += escaped && c == 'n' ? '\n' : escaped && c == 't' ? '\t' : c;
    }
    words_.push_back(word);
  }
}

void Vocabulary::save(const std::string& path) const {
  Json json;
  json["level"] = level_ == Level::kBytes ? "bytes" : level_ == Level::kChar ? "char" : "ids";
  json["size"] = size_;
  if (level_ == Level::kChar) {
    Json list = Json::array();
    for (int64_t id = 0; id < size_; ++id) list.push_back(decode(static_cast<int32_t>(id)));
    json["characters"] = list;
  }
  AtomicFile file(path);
  file.write(json_text(json, 1) + "\n");
  file.commit();
}

Vocabulary Vocabulary::load(const std::string& path) {
  return parse(read_text(path), path);
}

Vocabulary Vocabulary::parse(const std::string& text, const std::string& name) {
  // A vocabulary is never nested deeper, and has no more characters than Unicode.
  const Json json = parse_bounded<Json>(text, /*depth=*/2, kCharacters + 100);
  const auto fits = [&](bool condition) { check(condition, "vocabulary: {} does not hold a vocabulary", name); };
  fits(json.is_object() && json.contains("level") && json.contains("size") && json["size"].is_number_integer());
  if (json["level"] == "bytes") return bytes();
  const int64_t size = json["size"].get<int64_t>();
  fits(size >= 1 && size <= std::numeric_limits<int32_t>::max());
  if (json["level"] == "ids") return ids(size);
  fits(json["level"] == "char" && json.contains("characters") && json["characters"].is_array());
  std::string all;
  for (const Json& character : json["characters"]) {
    fits(character.is_string());
    all += character.get<std::string>();
  }
  const Vocabulary result = characters(all, name);
  fits(result.size() == size);
  for (int32_t id = 0; id < size; ++id) fits(json["characters"][size_t(id)] == result.decode(id));
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
