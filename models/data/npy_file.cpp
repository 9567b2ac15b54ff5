#include "npy_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kLongestHeader = 10'000;  // as in NumPy

struct Header {
  std::string type;
  bool column_major = false;
  std::vector<int64_t> sizes;
};

// Reads the dict in the form that NumPy writes, and no other Python code.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  Header parse() {
    Header header;
    expect('{');
    for (int keys = 0; !accept('}'); ++keys) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && header.type.empty())
        header.type = string();
      else if (key == "fortran_order" && !has_order_)
        header.column_major = boolean();
      else if (key == "shape" && !has_shape_)
        header.sizes = tuple();
      else
        refuse();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size() || header.type.empty() || !has_order_ || !has_shape_) refuse();
    return header;
  }

 private:
  [[noreturn]] void refuse() const {
    fail("npy: {}: the header is not as NumPy writes it, at its byte {}", path_, at_);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) refuse();
  }
  std::string string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    std::string result;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] < ' ' || text_[at_] == '\\') refuse();
      result += text_[at_++];
    }
    expect(quote);
    return result;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool boolean() {
    skip_space();
    has_order_ = true;
    if (word("True")) return true;
    if (!word("False")) refuse();
    return false;
  }
  std::vector<int64_t> tuple() {
    has_shape_ = true;
    std::vector<int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      skip_space();
      int64_t size = -1;
      const char* const begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) refuse();
      at_ += static_cast<size_t>(end - begin);
      sizes.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
  bool has_order_ = false, has_shape_ = false;
};

// Whether the product of the sizes is `count`, without computing it: it may overflow.
bool multiply_to(const std::vector<int64_t>& sizes, int64_t count) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) return count == 0;
  for (const int64_t size : sizes) {
    if (count % size != 0) return false;
    count /= size;
  }
  return count == 1;
}

template <class Number>
void widen(double* to, const char* from, int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, from + (first + i) * static_cast<int64_t>(sizeof number), sizeof number);
    to[i] = static_cast<double>(number);
  }
}

template <class Number>
void save(const std::string& path, const char* type, const Shape& shape, const Number* numbers) {
  std::string sizes;
  for (const int64_t size : shape) sizes += fmt::format("{}, ", size);
  if (shape.rank() > 1) sizes.resize(sizes.size() - 2);
  if (shape.rank() == 1) sizes.resize(sizes.size() - 1);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, sizes);
  constexpr size_t kBefore = kMagic.size() + 4, kAlign = 64;
  header.append((kAlign - (kBefore + header.size() + 1) % kAlign) % kAlign, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(kMagic);
  const unsigned char version_and_length[] = {1, 0, static_cast<unsigned char>(header.size() % 256),
                                              static_cast<unsigned char>(header.size() / 256)};
  file.write(version_and_length, sizeof version_and_length);
  file.write(header);
  file.write(numbers, static_cast<size_t>(shape.numel()) * sizeof *numbers);
  file.commit();
}

}  // namespace

NpyFile::NpyFile(const std::string& path) : path_(path), file_(path) {
  const std::string_view all = file_.text();
  check(all.substr(0, kMagic.size()) == kMagic && all.size() >= 10, "npy: {} is no array file of NumPy", path);
  const auto byte = [&](size_t i) { return int64_t(static_cast<unsigned char>(all[i])); };
  const int64_t version = byte(6);
  check(version >= 1 && version <= 3, "npy: {} has version {}, but 1 to 3 is needed", path, version);
  int64_t length = byte(8) + 256 * byte(9);
  begin_ = 10;
  if (version > 1) {
    check(all.size() >= 12, "npy: {} ends inside its header", path);
    length += (byte(10) << 16) + (byte(11) << 24);
    begin_ = 12;
  }
  check(length <= kLongestHeader, "npy: {} has a header of {} bytes, but at most {} are read", path, length,
        kLongestHeader);
  check(begin_ + length <= file_.size(), "npy: {} ends inside its header", path);
  const Header header =
      HeaderParser(all.substr(static_cast<size_t>(begin_), static_cast<size_t>(length)), path).parse();
  begin_ += length;

  type_ = header.type;
  const std::vector<std::string> known = {"<f4", "<f8", "<i4", "<i8"};
  check(std::find(known.begin(), known.end(), type_) != known.end(),
        "npy: {} holds numbers of type '{}', but one of {} is needed", path, type_, joined(known));
  check(!header.column_major || header.sizes.size() <= 1,
        "npy: {} is in column-major order; save np.ascontiguousarray of it", path);
  check(header.sizes.size() <= size_t(Shape::kMaxRank), "npy: {} has {} axes, but at most {} are supported", path,
        header.sizes.size(), int(Shape::kMaxRank));
  const int64_t width = type_[2] - '0', bytes = file_.size() - begin_;
  check(bytes % width == 0 && multiply_to(header.sizes, bytes / width),
        "npy: {} has {} bytes of numbers, which its shape and type {} do not fit", path, bytes, type_);
  shape_ = Shape(header.sizes.data(), static_cast<int>(header.sizes.size()));
}

void NpyFile::read(double* to, int64_t first, int64_t count) const {
  const char* const from = file_.data() + begin_;
  if (type_ == "<f4") widen<float>(to, from, first, count);
  if (type_ == "<f8") widen<double>(to, from, first, count);
  if (type_ == "<i4") widen<int32_t>(to, from, first, count);
  if (type_ == "<i8") widen<int64_t>(to, from, first, count);
}

std::vector<double> NpyFile::numbers() const {
  std::vector<double> result(static_cast<size_t>(shape_.numel()));
  read(result.data(), 0, shape_.numel());
  return result;
}

void save_npy(const std::string& path, const Tensor& tensor) {
  save(path, kDouble ? "<f8" : "<f4", tensor.shape(), tensor.data());
}

void save_npy(const std::string& path, const Shape& shape, const std::vector<double>& numbers) {
  save(path, "<f8", shape, numbers.data());
}

}  // namespace scangrad::SCANGRAD_PRECISION
