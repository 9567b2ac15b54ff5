// A run with its network: the configuration, what the run knows of its data, and the weights.
//
//   const TrainedRun run = load_run("runs/text");      // with the best weights
//   State state = run.model->start(1);
//
//   TrainedRun run = new_run(config);                  // without a network yet: its task builds one (tasks/table.h)
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
  Params params;
  std::string folder;     // where it was loaded from; empty: it is new
  Vocabulary vocabulary;  // of a text
  SeriesScaling scaling;  // of numbers
  // The network, which is one of these.
  std::unique_ptr<LanguageModel> model;
  std::unique_ptr<SeriesModel> series;
  std::shared_ptr<const void> own;  // of a task that a program registered, where it is of another type
};

SCANGRAD_API TrainedRun new_run(const RunConfig& config);

// `change`, if any, sees the configuration before the network is built.
SCANGRAD_API TrainedRun load_run(const std::string& folder, const std::function<void(RunConfig&)>& change = nullptr);

}  // namespace scangrad::SCANGRAD_PRECISION
