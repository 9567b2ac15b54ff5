// A run from its folder: the configuration, what it knows of its data, and the network with its best weights.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../models/language_model.h"
#include "../models/run_config.h"
#include "../models/scaling.h"
#include "../models/series_model.h"
#include "../models/synthetic_text.h"
#include "../models/text_data.h"

namespace scangrad_tools {

struct TrainedRun {
  scangrad::RunConfig config;
  scangrad::Vocabulary vocabulary;  // of a text
  scangrad::SeriesScaling scaling;  // of series
  scangrad::Params params;
  std::unique_ptr<scangrad::LanguageModel> model;  // one of these two
  std::unique_ptr<scangrad::SeriesModel> series;
};

// `change`, if any, sees the configuration before the network is built. Errors: no run in the folder, files that do not
// fit each other.
TrainedRun load_run(const std::string& folder, const std::function<void(scangrad::RunConfig&)>& change = nullptr);

// The sizes of a network on series, once the data is known.
scangrad::SeriesModelConfig series_model_config(const scangrad::RunConfig& config,
                                                const scangrad::SeriesScaling& scaling);

// The text that a configuration names; where it names none, made-up text whose entropy is known.
scangrad::TextData open_text(const scangrad::RunConfig& config, const scangrad::Vocabulary* vocabulary);
scangrad::SyntheticText synthetic_text();

}  // namespace scangrad_tools
