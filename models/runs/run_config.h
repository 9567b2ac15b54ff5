// Everything that determines a run: task, network, training. One list of fields (each_field of config_fields.h) makes
// the JSON file, the command-line flags and their help.
//
//   RunConfig config = preset("copy", "t256");
//   save_config(config, "runs/a/config.json");
//
// config.json is one object, a key for each field, for people and for `scangrad eval`; the mixer is an object of its
// own (mixer_json.h). A key that is missing has its default: so runs of versions that did not know it stay readable.
//
// Errors: an unknown preset or key or value (the message names the nearest one), a file that cannot be read or is
// not such an object.
#pragma once

#include <string>
#include <vector>

#include "../data/selective_copying.h"
#include "../data/vocabulary.h"
#include "../networks/language_model.h"
#include "../networks/series_model.h"
#include "../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

struct TextConfig {
  std::string data;  // empty: made-up text of known entropy
  Level level = Level::kBytes;
  int64_t length = 256;
  int64_t chunks = 1;
  bool stream = false;
  int64_t validation_windows = 0;
};

struct SeriesConfig {
  std::string data;             // empty: a made-up series whose best forecasts are known
  std::string columns;          // names, "a,b"; empty: all
  std::string labels, lengths;  // with labels: sequences to be labelled, instead of one series to be forecast
  Head head = Head::kLast;      // of labels
  int64_t length = 96, horizon = 1, season = 0;
  bool residual = true;
  double validation_share = 0.1, test_share = 0.1;
  int64_t validation_windows = 0;
};

struct RunConfig {
  std::string task = "copy";  // or "text", "series"; what belongs to the others is ignored
  SelectiveCopyingConfig copy;
  TextConfig text;
  SeriesConfig series;
  LanguageModelConfig model;
  TrainConfig train;
  int64_t batch = 64;                   // examples of a step
  int64_t validation_examples = 1'024;  // of each validation
  int64_t test_examples = 4'096;        // of the final test
};

struct Preset {
  std::string name, help;
};

// Of a task, the default first.
SCANGRAD_API std::vector<Preset> presets(const std::string& task);
SCANGRAD_API RunConfig preset(const std::string& task, const std::string& name);

// The fields in which two runs of one task differ: "lr 0.001 (was 0.003)".
SCANGRAD_API std::vector<std::string> changed_fields(const RunConfig& before, const RunConfig& now);

SCANGRAD_API std::string config_json(const RunConfig& config);
SCANGRAD_API RunConfig parse_config(const std::string& json, const std::string& file);
SCANGRAD_API void save_config(const RunConfig& config, const std::string& path);
SCANGRAD_API RunConfig load_config(const std::string& path);

}  // namespace scangrad::SCANGRAD_PRECISION
