#include "../../../models/runs/run_folder.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;
namespace fs = std::filesystem;

TEST_CASE("run_folder: it is created with its parents, and removed only if it is empty") {
  const fs::path base =
      fs::temp_directory_path() / ("scangrad-folder-" + std::to_string(getpid()) + (kDouble ? "d" : "f"));
  fs::remove_all(base);
  const std::string run = (base / "a" / "b").string();
  create_run_folder(run, false);
  CHECK(fs::is_directory(run));
  create_run_folder(run, false);  // empty: nothing to lose
  std::ofstream(fs::path(run) / "config.json.12-0.tmp") << "x";
  create_run_folder(run, false);  // nor is what a killed process left unfinished, which goes
  CHECK(!fs::exists(fs::path(run) / "config.json.12-0.tmp"));

  std::ofstream(fs::path(run) / "model.safetensors") << "x";
  std::ofstream(fs::path(run) / "events.out.tfevents.1700000000.host") << "x";
  std::ofstream(fs::path(run) / "notes.txt") << "x";
  CHECK(error_of([&] { create_run_folder(run, false); }) ==
        "run: " + run + " exists and is not empty, but holds no run to resume; --force replaces what a run left there");
  std::ofstream(fs::path(run) / "config.json") << "{}";
  CHECK(error_of([&] { create_run_folder(run, false); }) ==
        "run: " + run + " exists and is not empty; --resume continues the run in it, --force replaces it");
  CHECK(fs::exists(fs::path(run) / "model.safetensors"));
  create_run_folder(run, true);
  CHECK(!fs::exists(fs::path(run) / "model.safetensors"));
  CHECK(!fs::exists(fs::path(run) / "events.out.tfevents.1700000000.host"));
  CHECK(fs::exists(fs::path(run) / "notes.txt"));

  const std::string file = (fs::path(run) / "notes.txt").string();
  CHECK(error_of([&] { create_run_folder(file, true); }) == "run: " + file + " is a file, but a folder is needed");
  CHECK(error_of([&] {
          create_run_folder(file + "/deeper", true);
        }).rfind("run: " + file + "/deeper cannot be written: ", 0) == 0);
  CHECK(error_of([] { create_run_folder("", true); }) == "run: the output folder has no name");
  fs::remove_all(base);
}

TEST_CASE("run_folder: errors name runs that cannot be resumed") {
  const TemporaryFolder folder;
  const std::string run = folder.path.string(), nowhere = folder.file("nowhere");
  CHECK(error_of([&] { check_resumable(nowhere); }) ==
        "run: " + nowhere + " is no folder, but the folder of a run is needed to resume");
  CHECK(error_of([&] { check_resumable(run); }) ==
        "run: " + run + " holds no config.json, so there is nothing to resume");
  write_file(folder.file("config.json"), "{}");
  CHECK(error_of([&] { check_resumable(run); }) ==
        "run: " + run + " holds no train.safetensors, so there is nothing to resume");
  write_file(folder.file("model.safetensors"), "");
  CHECK(error_of([&] { check_resumable(run); }) ==
        "run: " + run + " holds no train.safetensors, so there is nothing to resume: its weights can only be used");
  write_file(folder.file("train.safetensors"), "");
  CHECK(error_of([&] { check_resumable(run); }) == "(no error)");
}

TEST_CASE("run_folder: a file system that cannot be written is named, with the reason") {
  const std::string message = error_of([] { create_run_folder("/proc/run", false); });
  CHECK(message == "run: /proc/run cannot be written: No such file or directory");
}

TEST_CASE("run_folder: two runs cannot be in one folder") {
  const TemporaryFolder folder;
  const std::string run = folder.path.string(), message = "run: another process trains in " + run;
  CHECK(!is_locked(run));
  {
    const RunLock lock(run);
    CHECK(is_locked(run));
    CHECK(error_of([&] { const RunLock second(run); }) == message);
    write_file(folder.file("model.safetensors"), "x");
    CHECK(error_of([&] { create_run_folder(run, true); }) == message);
    CHECK(read_file(folder.file("model.safetensors")) == "x");
  }
  CHECK(!is_locked(run));
  const RunLock again(run);
}

TEST_CASE("run_folder: unfinished files of a killed process are removed, and nothing else") {
  const TemporaryFolder folder;
  for (const char* name : {"train.safetensors.123-4.tmp", "notes.tmp", "model.safetensors"})
    write_file(folder.file(name), "x");
  const RunLock lock(folder.path.string());
  CHECK(!std::filesystem::exists(folder.file("train.safetensors.123-4.tmp")));
  CHECK(std::filesystem::exists(folder.file("notes.tmp")));
  CHECK(std::filesystem::exists(folder.file("model.safetensors")));
}
