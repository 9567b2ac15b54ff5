// A network with its best weights, from the folder of a run: the configuration, and what the run knows of its data.
//
//   const TrainedRun run = load_run("runs/text");
//   State state = run.model->start(1);
//
// Errors: no run in the folder, files that do not fit each other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../data/scaling.h"
#include "../data/vocabulary.h"
#include "../networks/language_model.h"
#include "../networks/series_model.h"
#include "run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

struct TrainedRun {
  RunConfig config;
  Vocabulary vocabulary;  // of a text
  SeriesScaling scaling;  // of series
  Params params;
  std::unique_ptr<LanguageModel> model;  // one of these two
  std::unique_ptr<SeriesModel> series;
};

// `change`, if any, sees the configuration before the network is built.
SCANGRAD_API TrainedRun load_run(const std::string& folder, const std::function<void(RunConfig&)>& change = nullptr);

// The sizes of a network on series, once the data is known.
SCANGRAD_API SeriesModelConfig series_model_config(const RunConfig& config, const SeriesScaling& scaling);

}  // namespace scangrad::SCANGRAD_PRECISION
