#include "trained_run.h"

#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "../../nn/saved_params.h"

namespace scangrad::SCANGRAD_PRECISION {

TrainedRun load_run(const std::string& folder, const std::function<void(RunConfig&)>& change) {
  std::error_code error;
  check(std::filesystem::is_directory(folder, error), "run: {} is no folder, but that of a run is needed", folder);
  RunConfig config = load_config(folder + "/config.json");
  if (change) change(config);
  const std::string file = folder + "/model.safetensors";
  check(
      std::filesystem::exists(file, error),
      "run: {} holds no model.safetensors: training leaves one from its first validation or save on, and --resume goes "
      "on with it",
      folder);
  const SafetensorsFile weights(file);
  const Params params(static_cast<uint64_t>(config.train.seed), limits_of(weights));
  TrainedRun run{config, {}, {}, params, nullptr, nullptr};
  if (config.task == "series") {
    run.scaling = SeriesScaling::load(folder + "/scaling.json");
    run.series = std::make_unique<SeriesModel>(run.params, series_model_config(config, run.scaling));
  } else {
    if (config.task == "text") run.vocabulary = Vocabulary::load(folder + "/vocab.json");
    LanguageModelConfig sizes = config.model;
    sizes.vocab = config.task == "text" ? run.vocabulary.size() : config.copy.vocab;
    run.model = std::make_unique<LanguageModel>(run.params, sizes);
  }
  load_params(run.params, weights);
  return run;
}

SeriesModelConfig series_model_config(const RunConfig& config, const SeriesScaling& scaling) {
  const bool forecasts = config.series.labels.empty();
  const int64_t inputs = scaling.inputs.width();
  return {.inputs = inputs,
          .outputs = forecasts             ? inputs
                     : scaling.classes > 0 ? scaling.classes
                                           : scaling.labels.width(),
          .head = forecasts ? Head::kStep : config.series.head,
          .residual = forecasts && config.series.residual,
          .stack = config.model.stack};
}

}  // namespace scangrad::SCANGRAD_PRECISION
