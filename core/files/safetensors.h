// Reads and writes safetensors files: named arrays after a JSON header, the usual format for exchanging weights.
//
//   SafetensorsWriter writer;
//   writer.add("w", w);
//   writer.add_bf16("v", v);                            // rounded: half the size
//   writer.add_metadata("mixer", "mingru");
//   writer.save("model.safetensors");                    // complete or not at all
//
//   const SafetensorsFile file("model.safetensors");
//   Tensor w = file.tensor("w");
//
// Opening a file checks its whole header, so that a truncated, foreign or malicious file is an error that names the
// file and what is wrong with it. Numbers are read when they are asked for, and may lie at any alignment. The float
// build writes tensors as F32 and the double build as F64; each reads both, and F16 and BF16. In written files the
// numbers start at a multiple of 64 bytes. Equal content gives equal bytes. Source: the safetensors format,
// https://github.com/huggingface/safetensors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API SafetensorsFile {
 public:
  struct Entry {
    std::string name;
    std::string dtype;  // as in the file: "F32", "I64", ...
    Shape shape;
    int64_t begin, end;  // bytes, counted from the end of the header
  };

  // Errors: the file cannot be read, or breaks a rule of the format.
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of their bytes
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has(const std::string& name) const { return index_.count(name) > 0; }

  // Errors, here and below: an unknown name (the message gives the nearest one), another dtype, reading fails.
  const Entry& entry(const std::string& name) const;
  Tensor tensor(const std::string& name) const;                     // F32, F64, F16, BF16
  Tensor finite_tensor(const std::string& name) const;              // the same; NaN and infinities are errors too
  std::vector<int64_t> integers(const std::string& name) const;     // I64, in row-major order
  std::vector<uint64_t> words(const std::string& name) const;       // U64, in row-major order
  std::vector<unsigned char> bytes(const std::string& name) const;  // any dtype, as in the file

 private:
  void read(void* to, int64_t offset, int64_t bytes) const;
  const Entry& entry_of(const std::string& name, const char* dtype) const;

  std::string path_;
  std::shared_ptr<const int> descriptor_;
  int64_t data_begin_ = 0;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, size_t> index_;
  std::map<std::string, std::string> metadata_;
};

class SCANGRAD_API SafetensorsWriter {
 public:
  // save() writes the numbers that the tensors hold at that time. Errors: a name was added before; an undefined tensor.
  void add(const std::string& name, const Tensor& tensor);
  void add_bf16(const std::string& name, const Tensor& tensor);             // BF16, rounded to nearest even
  void add(const std::string& name, int64_t integer);                       // I64, a scalar
  void add(const std::string& name, const std::vector<int64_t>& integers);  // I64
  void add(const std::string& name, const std::vector<uint64_t>& words);    // U64
  void add_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  // Errors: the file cannot be written (an older file then stays as it was); a name is not UTF-8.
  void save(const std::string& path) const;

 private:
  struct Item {
    std::string name;
    const char* dtype;
    Shape shape;
    int64_t bytes;
    std::function<const void*()> data;  // keeps alive what it points to
  };
  void add_item(const Item& item);
  std::string header(const std::vector<const Item*>& items) const;

  std::vector<Item> items_;
  std::unordered_set<std::string> names_;
  std::map<std::string, std::string> metadata_;
};

// A name out of a file as a message shows it: in quotes, escaped, shortened.
SCANGRAD_API std::string shown_name(const std::string& name);

}  // namespace scangrad::SCANGRAD_PRECISION
