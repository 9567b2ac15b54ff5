#include "run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "kept_texts.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace fs = std::filesystem;

namespace {
constexpr const char* kLock = "lock";

// `error` comes from an attempt before.
void check_writable(const std::string& path, std::error_code error = {}) {
  if (!error && access(path.c_str(), W_OK | X_OK) != 0) error = {errno, std::generic_category()};
  check(!error, "run: {} cannot be written: {}", path, error.message());
}

// The error of flock(): 0 where it worked, EWOULDBLOCK where another process has the lock.
int try_to_lock(int descriptor, int kind = LOCK_EX) {
  int result = 0;
  do result = flock(descriptor, kind | LOCK_NB);
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}
}  // namespace

void create_run_folder(const std::string& path, bool force) {
  check(!path.empty(), "run: the output folder has no name");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  check(!fs::exists(status) || fs::is_directory(status), "run: {} is a file, but a folder is needed", path);
  bool holds_something = false;
  if (fs::is_directory(status))
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
      holds_something |= entry.path().filename() != kLock && !is_unfinished(entry.path().filename());
  const bool holds_run = fs::exists(fs::path(path) / "config.json", error);
  check(force || !holds_run, "run: {} exists and is not empty; --resume continues the run in it, --force replaces it",
        path);
  check(force || !holds_something,
        "run: {} exists and is not empty, but holds no run to resume; --force replaces what a run left there", path);
  fs::create_directories(path, error);
  check_writable(path, error);
  const RunLock lock(path);
  // config.json first: if this is interrupted, what is left is no run that could be resumed.
  for (const std::string& name : kept_files()) fs::remove(fs::path(path) / name, error);
  for (const char* name : {"metrics.csv", "metrics.jsonl", "model.safetensors", "train.safetensors",
                           "replay.safetensors", "curve.svg", "curve.png"})
    fs::remove(fs::path(path) / name, error);
  // TensorBoard would draw old and new event files as one run.
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.path().filename().string().rfind("events.out.tfevents.", 0) == 0) fs::remove(entry, error);
}

void check_resumable(const std::string& path) {
  std::error_code error;
  check(fs::is_directory(path, error), "run: {} is no folder, but the folder of a run is needed to resume", path);
  for (const char* name : {"config.json", "train.safetensors"})
    check(fs::exists(fs::path(path) / name, error), "run: {} holds no {}, so there is nothing to resume{}", path, name,
          fs::exists(fs::path(path) / "model.safetensors", error) ? ": its weights can only be used" : "");
  check_writable(path);
}

bool is_locked(const std::string& folder) {
  const int descriptor = open((folder + "/" + kLock).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const int error = try_to_lock(descriptor, LOCK_SH);
  close(descriptor);
  return error == EWOULDBLOCK;
}

RunLock::RunLock(const std::string& folder)
    : descriptor_(open((folder + "/" + kLock).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
  check(descriptor_ >= 0, "run: {} cannot be written: {}", folder, std::generic_category().message(errno));
  // A process that was killed while it started gnuplot holds the lock for a moment longer.
  int error = try_to_lock(descriptor_);
  for (int tries = 1; tries < 20 && error == EWOULDBLOCK; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    error = try_to_lock(descriptor_);
  }
  if (error == ENOSYS || error == EOPNOTSUPP || error == ENOLCK) return;  // the file system has no locks
  if (error != 0) {
    close(descriptor_);
    check(error != EWOULDBLOCK, "run: another process trains in {}", folder);
    fail("run: {} cannot be locked: {}", folder, std::generic_category().message(error));
  }
  remove_unfinished(folder);
}

RunLock::~RunLock() {
  close(descriptor_);
}

}  // namespace scangrad::SCANGRAD_PRECISION
