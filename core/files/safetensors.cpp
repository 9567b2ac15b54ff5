#include "safetensors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "../check.h"
#include "../kernels/bf16.h"
#include "atomic_file.h"
#include "text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr int64_t kMaxHeader = 100'000'000;
constexpr size_t kMostMetadata = 10'000, kLongestList = 64;
const std::map<std::string, int64_t> kBits{
    {"BOOL", 8},  {"U8", 8},   {"I8", 8},   {"F8_E4M3", 8}, {"F8_E5M2", 8},     {"F8_E8M0", 8},
    {"F4", 4},    {"I16", 16}, {"U16", 16}, {"F16", 16},    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
    {"BF16", 16}, {"I32", 32}, {"U32", 32}, {"F32", 32},    {"F6_E2M3", 6},     {"F6_E3M2", 6},
    {"I64", 64},  {"U64", 64}, {"F64", 64}, {"C64", 64}};

// Reads the header event by event. It builds no tree, so deep nesting or a huge header cannot exhaust the memory.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<SafetensorsFile::Entry> entries;
  std::map<std::string, std::string> metadata;
  std::string error;

  bool start_object(size_t) override {
    dtype_.reset();
    lists_.clear();
    return ++depth_ <= 2 || wrong();
  }
  bool key(std::string& key) override {
    if (depth_ == 2) {
      field_ = key;
      return true;
    }
    name_ = key;
    return names_.insert(key).second || fails(fmt::format("the header has {} twice", shown_name(key)));
  }
  bool string(std::string& value) override {
    if (depth_ != 2 || in_array_) return wrong();
    if (in_metadata()) return (metadata.size() < kMostMetadata && metadata.emplace(field_, value).second) || wrong();
    if (field_ != "dtype" || dtype_) return wrong();
    dtype_ = value;
    return true;
  }
  bool start_array(size_t) override {
    const bool known = field_ == "shape" || field_ == "data_offsets";
    if (depth_ != 2 || in_array_ || in_metadata() || !known || !lists_.try_emplace(field_).second) return wrong();
    in_array_ = true;
    return true;
  }
  bool number_unsigned(uint64_t value) override {
    if (!in_array_ || lists_[field_].size() == kLongestList) return wrong();
    lists_[field_].push_back(static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX)));
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    return true;
  }
  bool end_object() override {
    if (depth_-- < 2 || in_metadata()) return true;
    if (!dtype_ || lists_.size() != 2 || lists_["data_offsets"].size() != 2) return wrong();
    return add(lists_["shape"], lists_["data_offsets"]);
  }
  bool null() override { return wrong(); }
  bool boolean(bool) override { return wrong(); }
  bool number_integer(int64_t) override { return wrong(); }
  bool number_float(double, const std::string&) override { return wrong(); }
  bool binary(nlohmann::json::binary_t&) override { return wrong(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    return fails(fmt::format("the header is not valid JSON at byte {}", position));
  }

 private:
  bool fails(const std::string& message) {
    error = message;
    return false;
  }
  bool wrong() {
    if (in_metadata()) return fails("the header's __metadata__ is no table of strings");
    return fails(
        fmt::format("the header's entry {} is not made of a dtype, a shape and data_offsets", shown_name(name_)));
  }
  bool in_metadata() const { return name_ == "__metadata__"; }

  bool add(const std::vector<int64_t>& sizes, const std::vector<int64_t>& offsets) try {
    const Shape shape(sizes.data(), static_cast<int>(sizes.size()));
    entries.push_back({name_, *dtype_, shape, offsets[0], offsets[1]});
    return true;
  } catch (const Error& unsupported) {
    return fails(fmt::format("{}: {}", shown_name(name_), unsupported.what()));
  }

  int depth_ = 0;
  bool in_array_ = false;
  std::string name_, field_;
  std::set<std::string> names_;
  std::optional<std::string> dtype_;
  std::map<std::string, std::vector<int64_t>> lists_;
};

// Sorts the entries by their bytes and checks that together they cover each byte exactly once.
void check_layout(const std::string& path, std::vector<SafetensorsFile::Entry>& entries, int64_t size) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  int64_t covered = 0;
  for (const auto& [name, dtype, shape, begin, end] : entries) {
    const std::string who = path + ": " + shown_name(name);
    const auto bits = kBits.find(dtype);
    check(bits != kBits.end(), "safetensors: {} has unknown dtype {}", who, shown_name(dtype));
    check(begin <= end && end <= size, "safetensors: {} lies at bytes {} to {}, but there are {} (truncated?)", who,
          begin, end, size);
    // count * bits may be beyond 64 bits; bytes * 8 is not.
    const int64_t count = shape.numel(), available = (end - begin) * 8;
    check(count <= available / bits->second && count * bits->second == available,
          "safetensors: {} has dtype {} and shape {}, but {} bytes", who, dtype, shape, end - begin);
    check(begin >= covered, "safetensors: {} overlaps the tensor before it", who);
    check(begin <= covered, "safetensors: {}: bytes {} to {} belong to no tensor", path, covered, begin);
    covered = end;
  }
  check(covered == size, "safetensors: {}: bytes {} to {} belong to no tensor", path, covered, size);
}

// A guess at what another file is, for the message.
const char* guess(const char* start) {
  const bool is_pickle = start[0] == '\x80' && start[1] >= 2 && start[1] <= 5;
  if (is_pickle || std::memcmp(start, "PK\x03\x04", 4) == 0) return "; it looks like PyTorch's own format";
  return "";
}

float from_half(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
  const float magnitude = exponent == 0
                              ? static_cast<float>(fraction) * 0x1p-24f
                              : std::bit_cast<float>((exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
}

// Converts numbers of one format, at any alignment, to reals.
template <class From, class Convert>
void convert_all(real* to, const char* from, int64_t count, Convert convert_one) {
  for (int64_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * int64_t(sizeof(From)), sizeof(From));
    to[i] = static_cast<real>(convert_one(value));
  }
}

void convert(real* to, const char* from, int64_t count, const std::string& dtype) {
  if (dtype == "F32")
    convert_all<float>(to, from, count, [](float x) { return x; });
  else if (dtype == "F64")
    convert_all<double>(to, from, count, [](double x) { return x; });
  else if (dtype == "F16")
    convert_all<uint16_t>(to, from, count, from_half);
  else
    convert_all<uint16_t>(to, from, count, from_bf16);
}

bool is_real(const std::string& dtype) {
  return dtype == "F32" || dtype == "F64" || dtype == "F16" || dtype == "BF16";
}

}  // namespace

std::string shown_name(const std::string& name) {
  const bool is_long = name.size() > 80;
  using nlohmann::json;
  return json(is_long ? name.substr(0, 77) + "..." : name).dump(-1, ' ', false, json::error_handler_t::replace);
}

SafetensorsFile::SafetensorsFile(const std::string& path) : path_(path) {
  // Without blocking: open() of a pipe then returns, and the pipe is refused below.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  check(descriptor >= 0, "safetensors: cannot open {} ({})", path, std::strerror(errno));
  descriptor_ = std::shared_ptr<const int>(new int(descriptor), [](const int* d) {
    close(*d);
    delete d;
  });
  struct stat status {};
  check(fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode), "safetensors: {} is not a regular file", path);
  const int64_t size = status.st_size;
  check(size >= 8, "safetensors: {} is no safetensors file: it has {} bytes, but at least 8 are needed", path, size);
  char start[8];
  read(start, 0, 8);
  const uint64_t length = std::bit_cast<uint64_t>(start);
  check(length <= uint64_t(kMaxHeader), "safetensors: {} is no safetensors file: its header would have {} bytes{}",
        path, length, guess(start));
  data_begin_ = 8 + static_cast<int64_t>(length);
  check(data_begin_ <= size, "safetensors: {} is truncated: its header has {} bytes, but the file ends after {}", path,
        length, size - 8);

  std::string header(length, '\0');
  read(header.data(), 8, static_cast<int64_t>(length));
  // The parser would take a zero byte for the end of the header.
  check(header.starts_with('{') && header.find('\0') == std::string::npos,
        "safetensors: {} is no safetensors file: its header is no JSON object", path);
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(header, &reader)) fail("safetensors: {}: {}", path, reader.error);
  check_layout(path, reader.entries, size - data_begin_);
  entries_ = std::move(reader.entries);
  metadata_ = std::move(reader.metadata);
  for (size_t i = 0; i < entries_.size(); ++i) index_[entries_[i].name] = i;
}

void SafetensorsFile::read(void* to, int64_t offset, int64_t bytes) const {
  char* into = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t count = pread(*descriptor_, into, static_cast<size_t>(bytes), offset);
    if (count < 0 && errno == EINTR) continue;
    check(count > 0, "safetensors: cannot read {} ({})", path_,
          count < 0 ? std::strerror(errno) : "the file became shorter");
    into += count;
    offset += count;
    bytes -= count;
  }
}

const SafetensorsFile::Entry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = index_.find(name);
  if (found != index_.end()) return entries_[found->second];
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  check(!names.empty(), "safetensors: {} has no tensor {}, nor any other", path_, shown_name(name));
  fail("safetensors: {} has no tensor {}, the nearest is {}", path_, shown_name(name),
       shown_name(nearest(name, names)));
}

const SafetensorsFile::Entry& SafetensorsFile::entry_of(const std::string& name, const char* dtype) const {
  const Entry& result = entry(name);
  check(result.dtype == dtype, "safetensors: {}: {} has dtype {}, but {} is needed", path_, shown_name(name),
        result.dtype, dtype);
  return result;
}

Tensor SafetensorsFile::finite_tensor(const std::string& name) const {
  const Tensor result = tensor(name);
  const real* const begin = result.data();
  const real* const bad = std::find_if(begin, begin + result.numel(), [](real x) { return !std::isfinite(x); });
  if (bad != begin + result.numel())
    fail("safetensors: {}: {} holds {} at element {}, but finite numbers are needed", path_, shown_name(name),
         number_text(static_cast<double>(*bad)), bad - begin);
  return result;
}

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const Entry& from = entry(name);
  check(is_real(from.dtype), "safetensors: {}: {} has dtype {}, but F32, F64, F16 or BF16 is needed", path_,
        shown_name(name), from.dtype);
  Tensor result(from.shape);
  real* const to = result.mutable_data();
  const int64_t count = from.shape.numel();
  const int64_t width = kBits.at(from.dtype) / 8;
  if (from.dtype == (kDouble ? "F64" : "F32")) {
    read(to, data_begin_ + from.begin, from.end - from.begin);
    return result;
  }
  constexpr int64_t kBlock = 65536;
  const Scratch<char> block(kBlock * width);
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t part = std::min(kBlock, count - i);
    read(block.data(), data_begin_ + from.begin + i * width, part * width);
    convert(to + i, block.data(), part, from.dtype);
  }
  return result;
}

std::vector<int64_t> SafetensorsFile::integers(const std::string& name) const {
  const Entry& from = entry_of(name, "I64");
  std::vector<int64_t> result(static_cast<size_t>(from.shape.numel()));
  read(result.data(), data_begin_ + from.begin, from.end - from.begin);
  return result;
}

std::vector<uint64_t> SafetensorsFile::words(const std::string& name) const {
  const Entry& from = entry_of(name, "U64");
  std::vector<uint64_t> result(static_cast<size_t>(from.shape.numel()));
  read(result.data(), data_begin_ + from.begin, from.end - from.begin);
  return result;
}

std::vector<unsigned char> SafetensorsFile::bytes(const std::string& name) const {
  const Entry& from = entry(name);
  std::vector<unsigned char> result(static_cast<size_t>(from.end - from.begin));
  read(result.data(), data_begin_ + from.begin, from.end - from.begin);
  return result;
}

void SafetensorsWriter::add_item(const Item& item) {
  check(item.name != "__metadata__" && names_.insert(item.name).second,
        "safetensors: {} was added already, but a new name is needed", shown_name(item.name));
  items_.push_back(item);
}

void SafetensorsWriter::add(const std::string& name, const Tensor& tensor) {
  check(tensor.defined(), "safetensors: {} is undefined, but a tensor is needed", shown_name(name));
  const int64_t bytes = tensor.numel() * static_cast<int64_t>(sizeof(real));
  const auto kept = std::make_shared<const Tensor>(tensor.detach());
  add_item({name, kDouble ? "F64" : "F32", tensor.shape(), bytes, [kept] { return kept->data(); }});
}

void SafetensorsWriter::add_bf16(const std::string& name, const Tensor& tensor) {
  check(tensor.defined(), "safetensors: {} is undefined, but a tensor is needed", shown_name(name));
  const auto rounded = std::make_shared<std::vector<uint16_t>>(static_cast<size_t>(tensor.numel()));
  add_item({name, "BF16", tensor.shape(), 2 * tensor.numel(), [rounded, kept = tensor.detach()] {
              std::transform(kept.data(), kept.data() + kept.numel(), rounded->begin(),
                             [](real x) { return to_bf16(static_cast<float>(x)); });
              return rounded->data();
            }});
}

void SafetensorsWriter::add(const std::string& name, int64_t integer) {
  const auto kept = std::make_shared<const int64_t>(integer);
  add_item({name, "I64", {}, 8, [kept] { return kept.get(); }});
}

void SafetensorsWriter::add(const std::string& name, const std::vector<int64_t>& integers) {
  const auto count = static_cast<int64_t>(integers.size());
  add_item({name, "I64", {count}, count * 8, [integers] { return integers.data(); }});
}

void SafetensorsWriter::add(const std::string& name, const std::vector<uint64_t>& words) {
  const auto count = static_cast<int64_t>(words.size());
  add_item({name, "U64", {count}, count * 8, [words] { return words.data(); }});
}

std::string SafetensorsWriter::header(const std::vector<const Item*>& items) const try {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  std::string text = "{";
  const auto comma = [&text] { return text.size() > 1 ? "," : ""; };
  if (!metadata_.empty()) text += "\"__metadata__\":" + nlohmann::json(metadata_).dump();
  int64_t begin = 0;
  for (const Item* item : items) {
    text += fmt::format(R"({}{}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", comma(), quoted(item->name),
                        item->dtype, item->shape.str(), begin, begin + item->bytes);
    begin += item->bytes;
  }
  text += "}";
  // Readers allow spaces after the object; they move the start of the numbers to a multiple of 64.
  text.resize((text.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  return text;
} catch (const nlohmann::json::exception&) {
  fail("safetensors: a name or a piece of metadata is not UTF-8, but the format needs it");
}

void SafetensorsWriter::save(const std::string& path) const {
  std::vector<const Item*> items;
  for (const Item& item : items_) items.push_back(&item);
  // The widest elements come first, so that every tensor is aligned.
  std::stable_sort(items.begin(), items.end(),
                   [](const Item* a, const Item* b) { return kBits.at(a->dtype) > kBits.at(b->dtype); });
  const std::string text = header(items);
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(text);
  for (const Item* item : items) file.write(item->data(), static_cast<size_t>(item->bytes));
  file.commit();
}

}  // namespace scangrad::SCANGRAD_PRECISION
