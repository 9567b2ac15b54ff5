// Files of weights: every tensor is read, written and read again.
#include "../../core/files/safetensors.h"

#include <cstring>

#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

namespace {

bool is_real(const std::string& dtype) {
  return dtype == "F32" || dtype == "F64" || dtype == "F16" || dtype == "BF16";
}

void require_same(const Tensor& a, const Tensor& b) {
  require(a.shape() == b.shape() &&
              (a.numel() == 0 || std::memcmp(a.data(), b.data(), static_cast<size_t>(a.numel()) * sizeof(real)) == 0),
          "a tensor was read again as another");
}

}  // namespace

void fuzz(const std::string& input) {
  const SafetensorsFile file(file_of(input));
  SafetensorsWriter writer;
  for (const SafetensorsFile::Entry& entry : file.entries()) {
    const auto bytes = static_cast<int64_t>(file.bytes(entry.name).size());
    require(bytes == entry.end - entry.begin, "a tensor has other bytes than its entry says");
    if (is_real(entry.dtype)) writer.add(entry.name, file.tensor(entry.name));
    if (entry.dtype == "I64") writer.add(entry.name, file.integers(entry.name));
    if (entry.dtype == "U64") writer.add(entry.name, file.words(entry.name));
  }
  for (const auto& [key, value] : file.metadata()) writer.add_metadata(key, value);
  writer.save(path_of("again"));

  const SafetensorsFile again(path_of("again"));
  require(again.metadata() == file.metadata(), "the metadata was read again as other");
  for (const SafetensorsFile::Entry& entry : again.entries()) {
    if (is_real(entry.dtype)) require_same(again.tensor(entry.name), file.tensor(entry.name));
    if (entry.dtype == "I64")
      require(again.integers(entry.name) == file.integers(entry.name), "integers were read again as others");
    if (entry.dtype == "U64")
      require(again.words(entry.name) == file.words(entry.name), "words were read again as others");
  }
  (void)file.entry("blocks.0.mixer.to_out.weight");  // the nearest name, where it is not there
}

}  // namespace scangrad_fuzz
