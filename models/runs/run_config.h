// Everything that determines a run: its task, the options of the task, the network and the training.
//
//   RunConfig config = preset("copy", "t256");
//   config.get<int64_t>("length");                     // an option of the task
//   save_config(config, "runs/a/config.json");
//
// Each field is listed once: the options of a task in its row (tasks/table.h), those of the network and of training in
// config_fields.h. The lists make config.json, the flags of `scangrad train` and their help.
//
// config.json is one object with a key for each field; the mixer is an object of its own (mixer_json.h). A missing key
// means the default, so runs of older versions stay readable.
//
// Errors: an unknown preset, key or value (the message names the nearest one), a file that cannot be read or is not
// such an object.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../nn/options.h"
#include "../networks/stack.h"
#include "../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

struct RunConfig {
  std::string task = "copy";
  Options options;    // of the task: one value for each option in its row
  StackConfig stack;  // the network between input and head
  TrainConfig train;
  int64_t batch = 64;  // examples of a step

  template <class T>
  T get(const std::string& option) const {
    return options.get<T>(option);
  }
};

// Everything at its default.
SCANGRAD_API RunConfig default_config(const std::string& task);
SCANGRAD_API RunConfig preset(const std::string& task, const std::string& name);

// Sets a field by the key that it has in config.json. `unit` begins the message of an error.
SCANGRAD_API void set_field(const std::string& unit, RunConfig& config, const std::string& key,
                            const OptionValue& value);

// The fields by their names, as texts, an empty text as ""; those of the mixer stand next to the others.
SCANGRAD_API std::vector<std::pair<std::string, std::string>> field_texts(const RunConfig& config);
// A field in which runs differ, and its value in each of them as text; empty where the run has no such field.
struct DifferentField {
  std::string name;
  std::vector<std::string> values;
};
// In the order of config.json. An option that only some of the runs have differs only if it differs between these.
SCANGRAD_API std::vector<DifferentField> different_fields(const std::vector<RunConfig>& runs);

// The fields in which two runs of one task differ: "lr 0.001 (was 0.003)". With marks: only those that have them.
SCANGRAD_API std::vector<std::string> changed_fields(const RunConfig& before, const RunConfig& now, int marks = 0);

SCANGRAD_API std::string config_json(const RunConfig& config);
SCANGRAD_API RunConfig parse_config(const std::string& json, const std::string& file);
SCANGRAD_API void save_config(const RunConfig& config, const std::string& path);
SCANGRAD_API RunConfig load_config(const std::string& path);

}  // namespace scangrad::SCANGRAD_PRECISION
