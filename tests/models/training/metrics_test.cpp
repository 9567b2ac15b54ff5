#include "../../../models/training/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../../../core/memory.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;
namespace fs = std::filesystem;

TEST_CASE("metrics: the files hold what was measured, and no more") {
  const fs::path folder =
      fs::temp_directory_path() / ("scangrad-metrics-" + std::to_string(getpid()) + (kDouble ? "d" : "f"));
  fs::create_directories(folder);
  {
    Metrics metrics(folder);
    metrics.write({.step = 5,
                   .loss = 0.25,
                   .accuracy = 0.5,
                   .val_loss = {},
                   .val_accuracy = {},
                   .grad_norm = 1,
                   .lr = 1e-3,
                   .tokens_per_s = 100,
                   .peak_mb = {},
                   .seconds = 12.5});
    metrics.write({.step = 6,
                   .loss = NAN,
                   .accuracy = {},
                   .val_loss = 2,
                   .val_accuracy = {},
                   .grad_norm = {},
                   .lr = {},
                   .tokens_per_s = {}});
  }
  const auto read = [&](const char* name) {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  };
  const std::string csv = read("metrics.csv"), jsonl = read("metrics.jsonl");
  CHECK(
      csv.rfind(
          "step,loss,accuracy,val_loss,val_accuracy,grad_norm,lr,tokens_per_s,peak_mb,seconds,skipped\n5,0.25,0.5,,,1,"
          "0.001,100,",
          0) == 0);
  CHECK(csv.find("\n6,nan,,2,,,,,") != std::string::npos);
  CHECK(jsonl.rfind("{\"step\": 5, \"loss\": 0.25, \"accuracy\": 0.5, \"grad_norm\": 1, \"lr\": 0.001, "
                    "\"tokens_per_s\": 100, \"peak_mb\": ",
                    0) == 0);
  CHECK(jsonl.find("\n{\"step\": 6, \"val_loss\": 2, \"peak_mb\": ") != std::string::npos);

  std::string events;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.rfind("events.out.tfevents.", 0) == 0) events = read(name.c_str());
  }
  const auto times = [&](const std::string& tag) {  // the length before a tag tells loss from val_loss
    const std::string counted = "\n" + std::string(1, static_cast<char>(tag.size())) + tag;
    int64_t count = 0;
    for (size_t at = events.find(counted); at != std::string::npos; at = events.find(counted, at + 1)) ++count;
    return count;
  };
  CHECK(times("loss") == 2);
  CHECK(times("accuracy") == 1);
  CHECK(times("val_loss") == 1);
  CHECK(times("val_accuracy") == 0);
  CHECK(times("peak_mb") == 2);
  CHECK(times("seconds") == 1);

  const std::vector<MetricsRow> rows = read_metrics(folder);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].step == 5);
  CHECK(rows[0].loss == 0.25);
  CHECK(rows[0].lr == 1e-3);
  CHECK(!rows[0].val_loss.has_value());
  CHECK(rows[0].peak_mb > 1);
  CHECK(rows[0].seconds == 12.5);
  CHECK(rows[1].step == 6);
  CHECK(std::isnan(rows[1].loss.value()));
  CHECK(rows[1].val_loss == 2);
  CHECK(!rows[1].seconds.has_value());
  fs::remove_all(folder);
}

TEST_CASE("metrics: files of other versions, and of a run that is writing, are read") {
  const TemporaryFolder folder;
  write_file(folder.file("metrics.csv"), "step,val_loss,novelty\n10,0.5,7\n20,,,8\n30,0.2");
  const std::vector<MetricsRow> rows = read_metrics(folder.path);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].step == 10);
  CHECK(rows[0].val_loss == 0.5);
  CHECK(!rows[0].seconds.has_value());
  CHECK(rows[1].step == 20);
  CHECK(!rows[1].val_loss.has_value());
}

TEST_CASE("metrics: an error names a file that holds no metrics, with the line") {
  const TemporaryFolder folder;
  const std::string path = folder.file("metrics.csv");
  const auto message = [&](const std::string& content) {
    write_file(path, content);
    return error_of([&] { read_metrics(folder.path); });
  };
  CHECK(error_of([] { read_metrics("/nowhere"); }) == "metrics: /nowhere/metrics.csv cannot be read");
  CHECK(message("") == "(no error)");  // a run that has just begun
  CHECK(message("loss,step\n") == "metrics: " + path + " starts with column 'loss', but step is needed");
  CHECK(message("step,loss\n1,2\n2\n") == "metrics: " + path + ":3: has 1 columns, but 2 are needed");
  CHECK(message("step" + std::string(1'000, ',') + "\n") == "metrics: " + path + ":1: has more than 1000 columns");
  CHECK(message("step" + std::string(999, ',') + "\n1" + std::string(999, ',') + "\n") == "(no error)");
  CHECK(message("step,loss\n1,2x\n") == "metrics: " + path + ":2: column loss is '2x', but a number is needed");
}

TEST_CASE("metrics: impossible steps are deleted when a run is resumed") {
  const TemporaryFolder folder;
  const std::string csv = folder.file("metrics.csv"), json = folder.file("metrics.jsonl");
  const std::string large(30, '9');
  write_file(csv, "step,loss\n1,2\n" + large + ",3\n");
  write_file(json, "{\"step\": 1}\n{\"step\": " + large + "}\n{\"step\": \n");
  Metrics(folder.path, /*after=*/5);
  CHECK(read_file(csv) == "step,loss\n1,2\n");
  CHECK(read_file(json) == "{\"step\": 1}\n{\"step\": \n");
  for (const char* const step : {"nan", "-1", "1e300"}) {
    write_file(csv, std::string("step,loss\n") + step + ",2\n");
    CHECK(error_of([&] { read_metrics(folder.path); }) ==
          "metrics: " + csv + ":2: column step is '" + step + "', but a number of steps is needed");
  }
}

TEST_CASE("metrics: deleted files start again, at once and when the run is resumed") {
  const TemporaryFolder folder;
  const auto row = [](int64_t step) {
    MetricsRow result;
    result.step = step;
    result.loss = 0.5;
    return result;
  };
  Metrics(folder.path, /*after=*/6).write(row(7));
  Metrics metrics(folder.path, /*after=*/7);
  metrics.write(row(8));
  CHECK(read_metrics(folder.path).size() == 2);
  for (const auto& entry : fs::directory_iterator(folder.path)) fs::remove(entry);
  metrics.write(row(9));
  metrics.write(row(10));
  metrics.sync();
  const std::vector<MetricsRow> rows = read_metrics(folder.path);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].step == 9);
  CHECK(read_file(folder.file("metrics.jsonl")).rfind("{\"step\": 9,", 0) == 0);
  CHECK(folder.count() == 3);
}

TEST_CASE("metrics: a disk that is full is named, and what was written stays") {
  const TemporaryFolder folder;
  MetricsRow row;
  {
    Metrics metrics(folder.path);
    metrics.write(row);
    const FullDisk full(fs::file_size(folder.file("metrics.csv")) + 3);
    row.step = 100;
    CHECK(error_of([&] { metrics.write(row); }) ==
          "metrics: " + folder.file("metrics.csv") + " cannot be written any more: File too large");
    CHECK(read_metrics(folder.path).size() == 1);
  }
  Metrics(folder.path, /*after=*/0).write(row);
  CHECK(read_metrics(folder.path).size() == 2);
}

TEST_CASE("metrics: a file that cannot be synced, such as a device, is no error") {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/null", folder.file("metrics.csv"));
  Metrics metrics(folder.path);
  metrics.write({});
  metrics.sync();
  CHECK(!read_file(folder.file("metrics.jsonl")).empty());
}

TEST_CASE("metrics: an error names a folder that does not exist") {
  CHECK(error_of([] { Metrics("/nowhere"); }) ==
        "metrics: /nowhere/metrics.csv cannot be written: No such file or directory");
}

TEST_CASE("metrics: the peak of memory starts again") {
  {
    constexpr int64_t kBytes = 64 << 20;
    const Scratch<char> memory(kBytes);
    std::fill_n(memory.data(), kBytes, char(1));
  }
  release_unused_memory();
  const double before = peak_memory_mb();
  CHECK(before > 64);
  restart_peak_memory();
  const bool allowed = access("/proc/self/clear_refs", W_OK) == 0;  // not in every container
  CHECK(peak_memory_mb() > 1);
  CHECK(peak_memory_mb() < before - (allowed ? 32 : -1));
}
