#include "run_folder.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "../core/check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

namespace fs = std::filesystem;

void create_run_folder(const std::string& path, bool force) {
  check(!path.empty(), "run: the output folder has no name");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  check(!fs::exists(status) || fs::is_directory(status), "run: {} is a file, but a folder is needed", path);
  const bool holds_something =
      fs::is_directory(status) && fs::directory_iterator(path, error) != fs::directory_iterator();
  check(force || !holds_something, "run: {} exists and is not empty; --force replaces the run in it", path);
  fs::create_directories(path, error);
  check(!error && access(path.c_str(), W_OK | X_OK) == 0, "run: {} cannot be written: {}", path,
        error ? error.message() : "permission denied");
  for (const char* name : {"config.json", "metrics.csv", "metrics.jsonl", "model.safetensors", "last.safetensors",
                           "curve.svg", "curve.png"})
    fs::remove(fs::path(path) / name, error);
  // Left beside those of the new run, TensorBoard would draw both as one.
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.path().filename().string().rfind("events.out.tfevents.", 0) == 0) fs::remove(entry, error);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
