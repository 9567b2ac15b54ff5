// A file as read-only memory: the system brings in the pages that are looked at, so it may be larger than the memory.
//
// Nobody may shorten the file meanwhile. Copying copies the handle. Errors: whatever the system says, with the path; a
// folder; an empty file.
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
  // What keeps the memory mapped.
  std::shared_ptr<const void> keeper() const { return data_; }

 private:
  std::shared_ptr<const char> data_;
  int64_t size_ = 0;
};

}  // namespace scangrad::SCANGRAD_PRECISION
