#include "../../../models/runs/run_summary.h"

#include "../../../models/runs/run_folder.h"
#include "../../../models/training/checkpoint.h"
#include "../../../nn/linear.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A run of 30 steps in a new folder.
struct Folder {
  explicit Folder(int64_t steps) {
    config.train.steps = 30;
    config.train.warmup = 5;
    save_config(config, place.file("config.json"));
    save({.step = steps, .best_step = 10, .best_loss = 0.75, .best_accuracy = 0.5, .seconds = 2});
  }
  void save(const LoopState& loop) const {
    const Params params(1);
    const Linear linear(params / "linear", 2, 1);
    AdamW adam(params, {});
    save_checkpoint(place.file("train.safetensors"), params, adam, loop);
  }
  void write(const std::string& name, const std::string& content) const { write_file(place.file(name), content); }
  RunSummary summary() const { return summary_of_run(place.path.string()); }

  TemporaryFolder place;
  RunConfig config = preset("copy", "quick");
};

const char* const kMetrics =
    "step,loss,val_loss,val_accuracy,peak_mb,seconds\n"
    "10,2,0.75,0.5,60,1\n20,1,,,80,2\n30,1,0.5,0.25,70,3\n";

}  // namespace

TEST_CASE("run_summary: the best numbers of a run that has ended") {
  const Folder folder(30);
  folder.write("metrics.csv", kMetrics);
  const RunSummary run = folder.summary();
  CHECK(run.problem.empty());
  CHECK((run.state == RunState::kDone && run.problem.empty() && run.steps == 30));
  CHECK((run.loss == 0.5 && run.accuracy == 0.5 && run.seconds == 3 && run.peak_mb == 80));
  CHECK((run.rows.size() == 3 && run.config.task == "copy"));
}

TEST_CASE("run_summary: a run that stopped has the steps to resume from") {
  const Folder folder(20);
  folder.write("metrics.csv", kMetrics);  // steps after the save are repeated
  CHECK((folder.summary().state == RunState::kStopped && folder.summary().steps == 20));
  folder.save({.step = 20, .best_step = 10, .best_loss = 0.75, .best_accuracy = 0.5});
  RunConfig stops = folder.config;
  stops.train.stop_at = 0.5;
  save_config(stops, folder.place.file("config.json"));
  CHECK(folder.summary().state == RunState::kDone);  // the accuracy to stop at was reached
}

TEST_CASE("run_summary: a run is being trained while its folder is locked") {
  const Folder folder(10);
  folder.write("metrics.csv", kMetrics);
  {
    const RunLock lock(folder.place.path.string());
    CHECK((folder.summary().state == RunState::kTraining && folder.summary().steps == 30));
  }
  CHECK(folder.summary().state == RunState::kStopped);
}

TEST_CASE("run_summary: old runs, and runs of which something is gone") {
  const Folder folder(30);
  const RunSummary no_metrics = folder.summary();
  CHECK((no_metrics.state == RunState::kDone && no_metrics.loss == 0.75 && no_metrics.seconds == 2));
  CHECK((!no_metrics.accuracy && !no_metrics.peak_mb));
  folder.write("metrics.csv", "step,loss,val_loss\n10,2,\n30,1,nan\n");
  CHECK((folder.summary().loss == 0.75 && !folder.summary().peak_mb));
  std::filesystem::remove(folder.place.path / "train.safetensors");
  CHECK((folder.summary().state == RunState::kDone && folder.summary().steps == 30 && !folder.summary().loss));
  std::filesystem::remove(folder.place.path / "metrics.csv");
  CHECK(folder.summary().state == RunState::kWeights);
}

TEST_CASE("run_summary: what cannot be read makes a run a broken one") {
  const Folder folder(30);
  const std::string path = folder.place.path.string();
  const auto problem = [&](const char* file, const char* content) {
    const std::string before = read_file(folder.place.file(file));
    folder.write(file, content);
    const RunSummary run = folder.summary();
    CHECK((run.state == RunState::kBroken && run.folder == path));
    folder.write(file, before);
    return run.problem;
  };
  folder.write("metrics.csv", kMetrics);
  CHECK(problem("config.json", "{") == "config: " + path + "/config.json is not a JSON object");
  CHECK(problem("metrics.csv", "step,loss\nx,1\n").find("column step is 'x'") != std::string::npos);
  CHECK(problem("train.safetensors", "x").find("train.safetensors") != std::string::npos);
  CHECK(folder.summary().state == RunState::kDone);
}
