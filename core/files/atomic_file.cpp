#include "atomic_file.h"

#include <fcntl.h>
#include <regex.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "../check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Waits until the renaming itself is on the disk. Returns 0, or the error. Folders that cannot be opened are skipped:
// the system will write them a little later.
int sync_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return 0;  // a folder may be writable but not readable
  const int error = sync_file(descriptor) ? 0 : errno;
  close(descriptor);
  return error;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  static std::atomic<int> count{0};
  do {  // a killed process with the same number may have left such a file: in a container, numbers are small
    temporary_ = fmt::format("{}.{}-{}.tmp", path, getpid(), count++);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ >= 0) return;
  temporary_.clear();
  fail_with(errno);
}

AtomicFile::~AtomicFile() {
  close_and_remove();
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with(errno);
    from += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (!sync_file(descriptor_)) fail_with(errno);
  if (close(std::exchange(descriptor_, -1)) != 0) fail_with(errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with(errno);
  temporary_.clear();
  if (const int error = sync_folder_of(path_); error != 0) fail_with(error);
}

void AtomicFile::close_and_remove() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) unlink(std::exchange(temporary_, "").c_str());
}

void AtomicFile::fail_with(int error) {
  close_and_remove();
  fail("atomic_file: cannot write {} ({})", path_, std::strerror(error));
}

bool sync_file(int descriptor) {
  int result = 0;
  do result = fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

bool is_unfinished(const std::string& name) {
  regex_t temporary;  // as the constructor calls them; <regex> would take four seconds to compile
  if (regcomp(&temporary, "\\.[0-9]+-[0-9]+\\.tmp$", REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool found = regexec(&temporary, name.c_str(), 0, nullptr, 0) == 0;
  regfree(&temporary);
  return found;
}

void remove_unfinished(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (is_unfinished(entry.path().filename().string())) std::filesystem::remove(entry, error);
}

}  // namespace scangrad::SCANGRAD_PRECISION
