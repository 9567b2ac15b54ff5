// Reads and writes safetensors files: named arrays behind a JSON header, the format in which weights are exchanged.
//
//   SafetensorsWriter writer;
//   writer.add("w", w);
//   writer.add_metadata("mixer", "mingru");
//   writer.save("model.safetensors");                    // complete or not at all
//
//   const SafetensorsFile file("model.safetensors");
//   Tensor w = file.tensor("w");
//
// Reading checks the whole header first, so a file that is truncated, foreign or made to harm is an error that names
// the file and what is wrong with it. Numbers are read when they are asked for, from any alignment. Tensors are written
// as F32 by the float build and F64 by the double build; each reads both, and F16 and BF16. Written files start their
// numbers at a multiple of 64 bytes. Equal content gives equal bytes. Source: the safetensors format,
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

#include "../core/tensor.h"
#include "params.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API SafetensorsFile {
 public:
  struct Entry {
    std::string name;
    std::string dtype;  // as in the file: "F32", "I64", ...
    Shape shape;
    int64_t begin, end;  // bytes, counted from the end of the header
  };

  // Errors: a file that cannot be read or does not keep to the format.
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of their bytes
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has(const std::string& name) const { return index_.count(name) > 0; }

  // Errors, here and below: an unknown name (the message gives the nearest one), another dtype, reading fails.
  const Entry& entry(const std::string& name) const;
  Tensor tensor(const std::string& name) const;                     // F32, F64, F16, BF16
  Tensor finite_tensor(const std::string& name) const;              // the same; another error: NaN or an infinity
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
  // The numbers are those at the time of save(). Errors: a name that was added already, an undefined tensor.
  void add(const std::string& name, const Tensor& tensor);
  void add(const std::string& name, int64_t integer);                       // I64, a scalar
  void add(const std::string& name, const std::vector<int64_t>& integers);  // I64
  void add(const std::string& name, const std::vector<uint64_t>& words);    // U64
  void add_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  // Errors: the file cannot be written (one that was there stays then), a name that is not UTF-8.
  void save(const std::string& path) const;

 private:
  struct Item {
    std::string name;
    const char* dtype;
    Shape shape;
    int64_t bytes;
    std::function<const void*()> data;  // keeps what it points to
  };
  void add_item(const Item& item);
  std::string header(const std::vector<const Item*>& items) const;

  std::vector<Item> items_;
  std::unordered_set<std::string> names_;
  std::map<std::string, std::string> metadata_;
};

// That a file holds these names and, behind the prefix, no others. The message has the first of either kind.
SCANGRAD_API void check_names(const SafetensorsFile& file, const std::vector<std::string>& names,
                              const std::string& prefix = "");

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
// Copies numbers from tensors to others of the same names and shapes: to all of them, or to none. `who` is who gives
// them, in messages. Errors: names that are missing or unexpected, another shape.
SCANGRAD_API void copy_named(const NamedTensors& to, const NamedTensors& from, const std::string& who);

// Every parameter and buffer under its name.
SCANGRAD_API void save_params(const Params& params, const std::string& path,
                              const std::map<std::string, std::string>& metadata = {});
// How much to allow a network that is made to be loaded from a file, with sizes that may be anything: more than the
// file can have, so that it is load_params() that says what is missing, but not many times more.
SCANGRAD_API ParamLimits limits_of(const SafetensorsFile& file);
// Sets every parameter and buffer, or none, from what is in the file under its name behind a prefix. Errors: names that
// are missing or, behind the prefix, unexpected; another shape, a dtype without real numbers.
SCANGRAD_API void load_params(const Params& params, const SafetensorsFile& file, const std::string& prefix = "");

}  // namespace scangrad::SCANGRAD_PRECISION
