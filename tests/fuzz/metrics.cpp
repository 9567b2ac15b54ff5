// metrics.csv of a run: it is drawn as a curve, and read to resume the run.
#include "../../models/training/metrics.h"

#include <filesystem>

#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const std::string folder = path_of("run");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  file_of(input, "run/metrics.csv");
  file_of(input, "run/metrics.jsonl");
  MetricsRow row;
  row.step = 6;
  row.loss = 0.5;
  Metrics(folder, /*after=*/5).write(row);
  const std::vector<MetricsRow> rows = read_metrics(folder);
  require(!rows.empty() && rows.back().step == 6, "a line of the metrics was lost");
}

}  // namespace scangrad_fuzz
