#include "../../../models/runs/find_runs.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

// A run whose configuration was written so many hours ago.
void make_run(const TemporaryFolder& place, const std::string& name, int hours) {
  fs::create_directories(place.path / name);
  const std::string file = place.file(name + "/config.json");
  save_config(preset("copy", "quick"), file);
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(hours));
}

std::vector<std::string> folders_of(const std::vector<FoundRun>& runs) {
  std::vector<std::string> folders;
  for (const FoundRun& run : runs) folders.push_back(run.folder);
  return folders;
}

}  // namespace

TEST_CASE("find_runs: the newest is first, and runs lie in subfolders too") {
  const TemporaryFolder place;
  make_run(place, "old", 3);
  make_run(place, "new", 1);
  make_run(place, "study/seed1", 2);
  make_run(place, "new/inner", 0);   // below a run nothing is searched
  make_run(place, "a/b/c/deep", 0);  // too deep
  fs::create_directories(place.path / "no run");
  write_file(place.file("file"), "");
  CHECK(folders_of(find_runs(place.path.string())) ==
        std::vector<std::string>{place.file("new"), place.file("study/seed1"), place.file("old")});
  write_file(place.file("old/metrics.csv"), "");
  CHECK(folders_of(find_runs(place.path.string())).front() == place.file("old"));
}

TEST_CASE("find_runs: what a run is and whether it has weights") {
  const TemporaryFolder place;
  make_run(place, "a", 1);
  make_run(place, "b", 2);
  make_run(place, "c", 3);
  write_file(place.file("a/model.safetensors"), "");
  write_file(place.file("c/config.json"), "{");
  fs::last_write_time(place.file("c/config.json"), fs::file_time_type::clock::now() - std::chrono::hours(3));
  const std::vector<FoundRun> runs = find_runs(place.path.string());
  REQUIRE(runs.size() == 3);
  CHECK((runs[0].has_weights && !runs[1].has_weights));
  REQUIRE(runs[0].config.has_value());
  CHECK((runs[0].config->task == "copy" && runs[0].config->get<int64_t>("length") == 64));
  CHECK(!runs[2].config);  // it cannot be read, but it is there
}

TEST_CASE("find_runs: a folder that is not there has no runs") {
  const TemporaryFolder place;
  CHECK(find_runs(place.file("nowhere")).empty());
  write_file(place.file("file"), "");
  CHECK(find_runs(place.file("file")).empty());
}
