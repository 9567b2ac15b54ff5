#include "trained_run.h"

#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "../../nn/saved_params.h"
#include "../tasks/table.h"

namespace scangrad::SCANGRAD_PRECISION {

TrainedRun new_run(const RunConfig& config) {
  return {config, Params(static_cast<uint64_t>(config.train.seed)), {}, {}, {}, {}, {}, {}};
}

TrainedRun load_run(const std::string& folder, const std::function<void(RunConfig&)>& change) {
  std::error_code error;
  check(std::filesystem::is_directory(folder, error), "run: {} is no folder, but the folder of a run is needed",
        folder);
  RunConfig config = load_config(folder + "/config.json");
  if (change) change(config);
  const std::string file = folder + "/model.safetensors";
  check(std::filesystem::exists(file, error),
        "run: {} holds no model.safetensors: training writes it at its first validation or save; --resume continues it",
        folder);
  const SafetensorsFile weights(file);
  const Params params(static_cast<uint64_t>(config.train.seed), limits_of(weights));
  TrainedRun run{config, params, folder, {}, {}, {}, {}, {}};
  task_row(config.task).build(run, KeptTexts::of_folder(folder));
  load_params(run.params, weights);
  return run;
}

}  // namespace scangrad::SCANGRAD_PRECISION
