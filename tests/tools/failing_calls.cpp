// Loaded before a program, lets calls of the system fail as a disk that is broken or lacks something would, and writes
// down which files were synced and replaced. The environment says how:
//
//   FLOCK_FAILS=38                                   with this errno
//   FSYNC_FAILS=5 FSYNC_FAILS_FOR=metrics.csv        for files with this in their path; "$" is its end
//   CALLS=file                                       a line for each call, "fsync PATH" and "rename PATH"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

template <class F>
F next(F, const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

std::string setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool fails(const char* name) {
  const std::string number = setting(name);
  if (number.empty()) return false;
  errno = std::atoi(number.c_str());
  return true;
}

void write_down(const std::string& call) {
  const int file = open(setting("CALLS").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return;
  const std::string line = call + "\n";
  if (write(file, line.data(), line.size()) < 0) std::abort();
  close(file);
}

std::string path_of(int descriptor) {
  char path[4096] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  return readlink(link.c_str(), path, sizeof path - 1) > 0 ? path : "";
}

}  // namespace

extern "C" int flock(int descriptor, int operation) noexcept {
  return fails("FLOCK_FAILS") ? -1 : next(&flock, "flock")(descriptor, operation);
}

extern "C" int fsync(int descriptor) {
  const std::string path = path_of(descriptor);
  write_down("fsync " + path);
  if ((path + "$").find(setting("FSYNC_FAILS_FOR")) != std::string::npos && fails("FSYNC_FAILS")) return -1;
  return next(&fsync, "fsync")(descriptor);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  write_down(std::string("rename ") + to);
  return next(&rename, "rename")(from, to);
}
