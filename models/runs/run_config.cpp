#include "run_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/text.h"
#include "config_fields.h"
#include "json_fields.h"
#include "mixer_json.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const MixerChoice& mixer) {
  return Json::parse(mixer_json(mixer));
}

template <class T>
Json to_json(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    for (const auto& [name, choice] : choices(value))
      if (choice == value) return name;
  }
  if constexpr (!std::is_enum_v<T>) return value;
  return {};
}

Json json_of(const RunConfig& config) {
  Json json;
  json["task"] = config.task;
  each_field(config, [&](const char* name, const auto& value, const char*) { json[name] = to_json(value); });
  return json;
}

// With the mixer's name and options next to the other fields.
Json flat(const Json& json) {
  Json result;
  for (const auto& [name, value] : json.items()) {
    if (name != "mixer")
      result[name] = value;
    else
      for (const auto& [option, its] : value.items()) result[option == "name" ? name : option] = its;
  }
  return result;
}

std::string shown(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Selective copying at sizes small machines can train (see the README). The rate falls from 3e-3, which reaches in the
// given steps what a constant one does not.
RunConfig scaled(int64_t length, int64_t layers, int64_t steps, int64_t batch) {
  RunConfig config;
  config.copy = {.length = length, .tokens = 8, .vocab = 16};
  config.model.stack.layers = layers;
  config.model.stack.expansion = 4;
  config.batch = batch;
  config.train.steps = steps;
  config.train.lr = 3e-3;
  config.train.min_lr = 1e-4;
  config.train.warmup = 100;
  return config;
}

RunConfig quick_copy() {
  RunConfig config = scaled(64, 2, 2'000, 64);
  config.copy.tokens = 4;
  config.train.min_lr = 3e-4;
  config.train.warmup = 50;
  config.train.eval_every = 250;
  config.train.log_every = 25;
  return config;
}

RunConfig paper_copy() {
  RunConfig config;
  config.train.accumulate = 2;
  config.train.eval_every = 1'000;
  return config;
}

// The paper's language model, with nanoGPT's schedule.
RunConfig shakespeare() {
  RunConfig config;
  config.task = "text";
  config.text.level = Level::kChar;
  config.model.stack.layers = 3;
  config.model.stack.dim = 384;
  config.model.stack.expansion = 2;
  config.model.stack.kernel = 4;
  config.model.stack.mlp = 4;
  config.model.stack.dropout = 0.2;
  config.batch = 64;
  config.train.steps = 600;
  config.train.lr = 1e-3;
  config.train.min_lr = 1e-4;
  config.train.warmup = 100;
  config.train.beta2 = 0.99;
  config.train.weight_decay = 0.1;
  config.train.policy = DecayPolicy::kStandard;
  config.train.clip = 0.25;
  config.train.eval_every = 25;
  config.train.log_every = 25;
  config.train.save_every = 25;
  return config;
}

RunConfig tiny_text() {
  RunConfig config = shakespeare();
  config.text.length = 128;
  config.model.stack.layers = 2;
  config.model.stack.dim = 192;
  config.model.stack.dropout = 0;
  config.batch = 32;
  config.train.steps = 700;
  config.train.lr = 3e-3;
  config.train.min_lr = 2e-4;
  config.train.warmup = 50;
  config.train.clip = 1;
  config.train.eval_every = config.train.save_every = 100;
  config.text.level = Level::kBytes;
  return config;
}

// Four days of hours are seen, and one is forecast.
RunConfig small_series() {
  RunConfig config;
  config.task = "series";
  config.series.length = 96;
  config.series.horizon = 24;
  config.model.stack.layers = 2;
  config.model.stack.dim = 32;
  config.model.stack.expansion = 2;
  config.model.stack.kernel = 4;
  config.model.stack.mlp = 2;
  config.batch = 32;
  config.train.steps = 1'000;
  config.train.lr = 3e-3;
  config.train.min_lr = 1e-4;
  config.train.warmup = 50;
  config.train.eval_every = 100;
  config.train.log_every = 25;
  return config;
}

struct KnownPreset {
  const char* task;
  Preset preset;
  RunConfig (*make)();
};

const std::vector<KnownPreset>& known_presets() {
  static const std::vector<KnownPreset> list = {
      {"copy", {"quick", "length 64, 4 tokens, 2 layers: about a minute"}, quick_copy},
      {"copy", {"t256", "length 256, 8 tokens, 2 layers, 5,000 steps"}, [] { return scaled(256, 2, 5'000, 64); }},
      {"copy", {"t512", "length 512, 8 tokens, 3 layers, 8,000 steps"}, [] { return scaled(512, 3, 8'000, 64); }},
      {"copy",
       {"t1024", "length 1,024, 8 tokens, 3 layers, 14,000 steps"},
       [] { return scaled(1'024, 3, 14'000, 32); }},
      {"copy", {"paper", "length 4,096, 16 tokens, 3 layers, 400,000 steps"}, paper_copy},
      {"text", {"tiny", "2 layers, width 192, windows of 128 bytes: a few minutes"}, tiny_text},
      {"text", {"shakespeare", "the paper's network on characters: 3 layers, width 384, 600 steps"}, shakespeare},
      {"series", {"small", "2 layers, width 32, 96 steps seen and 24 forecast: half a minute"}, small_series},
  };
  return list;
}

}  // namespace

std::vector<Preset> presets(const std::string& task) {
  std::vector<Preset> result;
  for (const KnownPreset& known : known_presets())
    if (known.task == task) result.push_back(known.preset);
  return result;
}

RunConfig preset(const std::string& task, const std::string& name) {
  std::vector<std::string> names;
  for (const KnownPreset& known : known_presets()) {
    if (known.task != task) continue;
    if (known.preset.name == name) return known.make();
    names.push_back(known.preset.name);
  }
  fail("preset: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(names), nearest(name, names));
}

std::vector<std::string> changed_fields(const RunConfig& before, const RunConfig& now) {
  const Json was = flat(json_of(before)), is = flat(json_of(now));
  std::vector<std::string> changes;
  for (const auto& [name, value] : is.items())
    if (was.contains(name) && value != was.at(name))  // an option of another mixer is in one of them only
      changes.push_back(fmt::format("{} {} (was {})", name, shown(value), shown(was.at(name))));
  return changes;
}

std::string config_json(const RunConfig& config) {
  return json_of(config).dump(2) + "\n";
}

RunConfig parse_config(const std::string& text, const std::string& file) {
  JsonFields read(text, file);
  const std::vector<std::string> tasks{"copy", "text", "series"};
  const int task = read.choice("task", tasks);
  check(task >= 0, "config: task of {} is missing, but one of {} is needed", file, joined(tasks));
  RunConfig config;
  config.task = tasks[static_cast<size_t>(task)];
  each_field(config, [&](const char* name, auto& value, const char*) { read_field(read, name, value); });
  read.finish();
  return config;
}

void save_config(const RunConfig& config, const std::string& path) {
  AtomicFile file(path);
  file.write(config_json(config));
  file.commit();
}

RunConfig load_config(const std::string& path) {
  const RunConfig config = parse_config(read_text(path), path);
  check_options(config.train);
  check(config.batch >= config.train.accumulate, "config: {}: batch is {}, but at least accumulate ({}) is needed",
        path, config.batch, config.train.accumulate);
  return config;
}

}  // namespace scangrad::SCANGRAD_PRECISION
