#include "text_data.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "../../core/check.h"
#include "../../core/files/fingerprint.h"
#include "../../core/files/mapped_file.h"
#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

template <class Token>
void widen(int32_t* to, const void* data, int64_t first, int64_t count) {
  std::copy_n(static_cast<const Token*>(data) + first, count, to);
}

bool all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

// An ASCII text needs no memory for ids: this table gives the id of each byte.
std::shared_ptr<const std::vector<int32_t>> table_of(const Vocabulary& vocabulary, std::string_view text,
                                                     const std::string& name) {
  std::array<bool, 256> occurs{};
  for (const char c : text) occurs[static_cast<unsigned char>(c)] = true;
  const auto table = std::make_shared<std::vector<int32_t>>(256, 0);
  for (size_t byte = 0; byte < 128; ++byte)
    if (occurs[byte]) (*table)[byte] = vocabulary.encode(std::string(1, static_cast<char>(byte)), name)[0];
  return table;
}

// Calls f(ids, count) for all tokens, a few thousand at a time.
template <class F>
void each_piece(const Tokens& tokens, F f) {
  int32_t piece[4096];
  for (int64_t first = 0; first < tokens.size(); first += std::ssize(piece)) {
    const int64_t count = std::min<int64_t>(std::ssize(piece), tokens.size() - first);
    tokens.read(piece, first, count);
    f(piece, count);
  }
}

Tokens mapped_ids(const std::string& path) {
  const MappedFile file(path);
  check(file.size() % 2 == 0, "text: {} has {} bytes, but 16-bit ids are needed", path, file.size());
  return {file.data(), 2, file.size() / 2, file.keeper()};
}

}  // namespace

Tokens::Tokens(const void* data, int width, int64_t count, std::shared_ptr<const void> keeper,
               std::shared_ptr<const std::vector<int32_t>> table)
    : data_(data), width_(width), count_(count), keeper_(std::move(keeper)), table_(std::move(table)) {}

void Tokens::read(int32_t* to, int64_t first, int64_t count) const {
  if (width_ == 1) widen<uint8_t>(to, data_, first, count);
  if (width_ == 2) widen<uint16_t>(to, data_, first, count);
  if (width_ == 4) widen<int32_t>(to, data_, first, count);
  if (table_ != nullptr) std::transform(to, to + count, to, [this](int32_t byte) { return (*table_)[size_t(byte)]; });
}

Tokens Tokens::part(int64_t begin, int64_t end) const {
  Tokens result = *this;
  result.data_ = static_cast<const char*>(data_) + begin * width_;
  result.count_ = end - begin;
  return result;
}

int32_t Tokens::largest() const {
  int32_t result = 0;
  each_piece(*this, [&](const int32_t* ids, int64_t count) {
    result = std::max(result, *std::max_element(ids, ids + count));
  });
  return result;
}

std::string_view Tokens::bytes() const {
  return {static_cast<const char*>(data_), static_cast<size_t>(count_ * width_)};
}

TextBatch text_batch(const Tokens& tokens, const std::vector<int64_t>& begins, int64_t length) {
  const int64_t rows = static_cast<int64_t>(begins.size());
  TextBatch batch{Ids({rows, length}), Ids({rows, length})};
  for (int64_t row = 0; row < rows; ++row) {
    tokens.read(batch.inputs.data() + row * length, begins[size_t(row)], length);
    tokens.read(batch.targets.data() + row * length, begins[size_t(row)] + 1, length);
  }
  return batch;
}

double bytes_per_token(const Tokens& tokens, const Vocabulary& vocabulary) {
  if (vocabulary.level() == Level::kIds || tokens.size() == 0) return 0;
  std::vector<int64_t> bytes;  // of each id
  for (int32_t id = 0; id < vocabulary.size(); ++id)
    bytes.push_back(static_cast<int64_t>(vocabulary.decode(id).size()));
  int64_t sum = 0;
  each_piece(tokens, [&](const int32_t* ids, int64_t count) {
    for (int64_t i = 0; i < count; ++i) sum += bytes[size_t(ids[i])];
  });
  return static_cast<double>(sum) / static_cast<double>(tokens.size());
}

TextData TextData::open(const std::string& path, Level level, const Vocabulary* vocabulary) {
  const bool is_folder = std::filesystem::is_directory(path);
  check(vocabulary == nullptr || vocabulary->level() == (is_folder ? Level::kIds : level),
        "text: {} holds other tokens than the network was trained on (bytes, characters or ids)", path);
  if (!is_folder) {
    const MappedFile file(path);
    return from_bytes(file.data(), file.size(), file.keeper(), level, path, vocabulary);
  }
  TextData data;
  data.training_ = mapped_ids(path + "/train.bin");
  data.validation_ = mapped_ids(path + "/val.bin");
  data.all_ = data.validation_;
  const int64_t size = 1 + std::max(data.training_.largest(), data.validation_.largest());
  check(vocabulary == nullptr || size <= vocabulary->size(), "text: {} holds id {}, but the vocabulary has {} ids",
        path, size - 1, vocabulary == nullptr ? 0 : vocabulary->size());
  data.vocabulary_ = vocabulary != nullptr ? *vocabulary : Vocabulary::ids(size);
  return data;
}

TextData TextData::from_text(std::string text, Level level, const std::string& name, const Vocabulary* vocabulary) {
  check(!text.empty(), "text: {} is empty", name);
  const auto kept = std::make_shared<const std::string>(std::move(text));
  return from_bytes(kept->data(), static_cast<int64_t>(kept->size()), kept, level, name, vocabulary);
}

TextData TextData::from_bytes(const char* bytes, int64_t size, std::shared_ptr<const void> keeper, Level level,
                              const std::string& name, const Vocabulary* vocabulary) {
  check(level != Level::kIds, "text: {} has no token ids; a folder with train.bin and val.bin is needed as --data",
        name);
  const void* const zero = std::memchr(bytes, 0, static_cast<size_t>(size));
  check(zero == nullptr, "text: {} holds a zero byte at {}, so it is no text", name,
        zero == nullptr ? 0 : static_cast<const char*>(zero) - bytes);
  const std::string_view text(bytes, static_cast<size_t>(size));
  TextData data;
  if (vocabulary != nullptr) data.vocabulary_ = *vocabulary;
  if (level == Level::kBytes) {
    data.all_ = Tokens(bytes, 1, size, std::move(keeper));
  } else {
    if (vocabulary == nullptr) data.vocabulary_ = Vocabulary::characters(text, name);
    if (all_ascii(text)) {
      data.all_ = Tokens(bytes, 1, size, std::move(keeper), table_of(data.vocabulary_, text, name));
    } else {
      const auto ids = std::make_shared<const std::vector<int32_t>>(data.vocabulary_.encode(text, name));
      data.all_ = Tokens(ids->data(), 4, static_cast<int64_t>(ids->size()), ids);
    }
  }
  const int64_t count = data.all_.size(), cut = count * 9 / 10;
  data.training_ = data.all_.part(0, cut);
  data.validation_ = data.all_.part(cut, count);
  return data;
}

uint64_t TextData::fingerprint() const {
  Fingerprint fingerprint;
  fingerprint.add(training_.bytes());
  fingerprint.add(validation_.bytes());
  return fingerprint.value();
}

TextBatch TextData::windows(uint64_t seed, int64_t step, int64_t rows, int64_t length) const {
  check(training_.size() > length, "text: the training part has {} tokens, but a window needs {}", training_.size(),
        length + 1);
  std::vector<int64_t> begins;
  Rng rng(seed, static_cast<uint64_t>(step));
  for (int64_t row = 0; row < rows; ++row) begins.push_back(rng.below(training_.size() - length));
  return text_batch(training_, begins, length);
}

}  // namespace scangrad::SCANGRAD_PRECISION
