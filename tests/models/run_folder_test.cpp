#include "../../models/run_folder.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../testing.h"

using namespace scangrad;
namespace fs = std::filesystem;

TEST_CASE("run_folder: is made with its parents, and kept when it holds something") {
  const fs::path base =
      fs::temp_directory_path() / ("scangrad-folder-" + std::to_string(getpid()) + (kDouble ? "d" : "f"));
  fs::remove_all(base);
  const std::string run = (base / "a" / "b").string();
  create_run_folder(run, false);
  CHECK(fs::is_directory(run));
  create_run_folder(run, false);  // empty: nothing to lose

  std::ofstream(fs::path(run) / "model.safetensors") << "x";
  std::ofstream(fs::path(run) / "events.out.tfevents.1700000000.host") << "x";
  std::ofstream(fs::path(run) / "notes.txt") << "x";
  CHECK(error_of([&] { create_run_folder(run, false); }) ==
        "run: " + run + " exists and is not empty; --force replaces the run in it");
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
