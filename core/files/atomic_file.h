// A file that is written completely or not at all.
//
//   AtomicFile file("run/model.safetensors");
//   file.write(header);
//   file.write(data, bytes);
//   file.commit();                       // now the file exists, on the disk, and has replaced an older one
//
// Before commit() everything goes to a temporary file in the same folder, which the destructor removes: after an error
// the older file is unchanged.
//
// Errors: those of the system, with the path. If the disk fails after the renaming, the file is replaced, but may be
// lost in a power failure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  void close_and_remove();
  [[noreturn]] void fail_with(int error);

  std::string path_;
  std::string temporary_;  // empty if there is nothing to remove
  int descriptor_ = -1;
};

// Waits until the content of an open file is on the disk. Does nothing for a pipe or a device. False if it fails: errno
// has the reason, and what was written may be lost.
SCANGRAD_API bool sync_file(int descriptor);

// Whether this is the name of a temporary file: its process is still writing it, or was killed.
SCANGRAD_API bool is_unfinished(const std::string& name);
// Removes the temporary files that killed processes have left in a folder. No other process may write there.
SCANGRAD_API void remove_unfinished(const std::string& folder);

}  // namespace scangrad::SCANGRAD_PRECISION
