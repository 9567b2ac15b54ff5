// A file as read-only memory: the system loads a page when it is first read, so the file may be larger than the memory.
//
//   const MappedFile file("data.npy");      // file.data(), file.size()
//   std::string text = read_text("config.json");
//
// No process may shorten the file while it is mapped. Copying copies the handle. Errors, with the path: the system
// cannot open or read the file; a folder; an empty file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  const char* data() const { return data_.get(); }
  int64_t size() const { return size_; }
  std::string_view text() const { return {data(), static_cast<size_t>(size_)}; }
  // The memory stays mapped as long as this lives.
  std::shared_ptr<const void> keeper() const { return data_; }

 private:
  std::shared_ptr<const char> data_;
  int64_t size_ = 0;
};

// The whole content of a file. Errors: as above.
SCANGRAD_API std::string read_text(const std::string& path);

}  // namespace scangrad::SCANGRAD_PRECISION
