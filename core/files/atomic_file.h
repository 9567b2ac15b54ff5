// A file that appears complete or not at all.
//
//   AtomicFile file("run/model.safetensors");
//   file.write(header);
//   file.write(data, bytes);
//   file.commit();                       // now it is there, and on the disk; a file of that name is replaced
//
// Until then everything goes to another file in the same folder, which the destructor removes: whatever fails on the
// way, a file that was there before stays as it was.
//
// Errors: whatever the system says, with the path. Where the disk fails only after the renaming, the file has been
// replaced, but may not last.
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
  std::string temporary_;  // empty once there is nothing to remove
  int descriptor_ = -1;
};

// Puts what was written to an open file on the disk, or does nothing where there is none, as under a pipe or a device.
// False where that fails; then errno says why, and what was written may be lost.
SCANGRAD_API bool sync_file(int descriptor);

// Whether a file has the name of one that is not complete: of a process that is at it, or was killed.
SCANGRAD_API bool is_unfinished(const std::string& name);
// Removes what processes that were killed left unfinished in a folder. For when nobody else writes there.
SCANGRAD_API void remove_unfinished(const std::string& folder);

}  // namespace scangrad::SCANGRAD_PRECISION
