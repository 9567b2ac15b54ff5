#include "mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "../check.h"

namespace scangrad::SCANGRAD_PRECISION {

MappedFile::MappedFile(const std::string& path) {
  const auto system_says = [] { return std::generic_category().message(errno); };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  check(file >= 0, "file: {} cannot be read: {}", path, system_says());
  const std::shared_ptr<const void> closer(nullptr, [file](const void*) { close(file); });
  struct stat status {};
  const bool is_known = fstat(file, &status) == 0;
  check(is_known, "file: {} cannot be read: {}", path, system_says());
  check(!S_ISDIR(status.st_mode), "file: {} is a folder, but a file is needed", path);
  check(S_ISREG(status.st_mode), "file: {} is a pipe or a device, but a file is needed", path);
  size_ = status.st_size;
  check(size_ > 0, "file: {} is empty", path);
  void* const data = mmap(nullptr, static_cast<size_t>(size_), PROT_READ, MAP_PRIVATE, file, 0);
  check(data != MAP_FAILED, "file: {} cannot be read: {}", path, system_says());
  data_ = {static_cast<const char*>(data),
           [size = static_cast<size_t>(size_)](const char* p) { munmap(const_cast<char*>(p), size); }};
}

std::string read_text(const std::string& path) {
  return std::string(MappedFile(path).text());
}

}  // namespace scangrad::SCANGRAD_PRECISION
