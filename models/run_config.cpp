#include "run_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../core/atomic_file.h"
#include "../core/check.h"
#include "../core/text.h"
#include "config_fields.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json to_json(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    for (const auto& [name, choice] : choices(value))
      if (choice == value) return name;
  }
  if constexpr (!std::is_enum_v<T>) return value;
  return {};
}

template <class T>
void from_json(const Json& json, T& value, const std::string& what) {
  if constexpr (std::is_enum_v<T>) {
    std::vector<std::string> names;
    for (const auto& [name, choice] : choices(value)) {
      if (json == name) return void(value = choice);
      names.push_back(name);
    }
    fail("{} is {}, but one of {} is needed", what, json.dump(), joined(names));
  } else {
    const bool fits = std::is_same_v<T, bool>          ? json.is_boolean()
                      : std::is_same_v<T, std::string> ? json.is_string()
                      : std::is_same_v<T, int64_t>     ? json.is_number_integer()
                                                       : json.is_number();
    check(fits, "{} is {}, but {} is needed", what, json.dump(),
          std::is_same_v<T, bool>          ? "true or false"
          : std::is_same_v<T, std::string> ? "a string"
          : std::is_same_v<T, int64_t>     ? "a whole number"
                                           : "a number");
    value = json.get<T>();
  }
}

// The replication on selective copying at sizes small machines can train (see the README).
RunConfig scaled(int64_t length, int64_t layers, int64_t steps, double lr, int64_t batch) {
  RunConfig config;
  config.copy = {.length = length, .tokens = 8, .vocab = 16};
  config.model.layers = layers;
  config.model.expansion = 4;
  config.batch = batch;
  config.train.steps = steps;
  config.train.lr = config.train.min_lr = lr;
  return config;
}

}  // namespace

std::vector<Preset> presets() {
  return {{"quick", "length 64, 4 tokens, 2 layers: about a minute"},
          {"t256", "length 256, 8 tokens, 2 layers, 5,000 steps"},
          {"t512", "length 512, 8 tokens, 3 layers, 8,000 steps"},
          {"t1024", "length 1,024, 8 tokens, 3 layers, 14,000 steps"},
          {"paper", "length 4,096, 16 tokens, 3 layers, 400,000 steps"}};
}

RunConfig preset(const std::string& name) {
  if (name == "paper") {
    RunConfig config;
    config.train.accumulate = 2;
    config.train.eval_every = 1'000;
    return config;
  }
  if (name == "t256") return scaled(256, 2, 5'000, 1e-3, 64);
  if (name == "t512") return scaled(512, 3, 8'000, 8e-4, 64);
  if (name == "t1024") return scaled(1'024, 3, 14'000, 6e-4, 32);
  if (name == "quick") {
    RunConfig config = scaled(64, 2, 2'000, 3e-3, 64);
    config.copy.tokens = 4;
    config.train.min_lr = 3e-4;
    config.train.warmup = 50;
    config.train.eval_every = 250;
    config.train.log_every = 25;
    return config;
  }
  std::vector<std::string> names;
  for (const Preset& known : presets()) names.push_back(known.name);
  fail("preset: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(names), nearest(name, names));
}

std::string config_json(const RunConfig& config) {
  Json json;
  json["task"] = config.task;
  each_field(config, [&](const char* name, const auto& value, const char*) { json[name] = to_json(value); });
  return json.dump(2) + "\n";
}

RunConfig parse_config(const std::string& text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "config: {} is not a JSON object", file);
  RunConfig config;
  std::vector<std::string> names{"task"};
  each_field(config, [&](const char* name, auto& value, const char*) {
    names.push_back(name);
    if (json.contains(name)) from_json(json[name], value, fmt::format("config: {} of {}", name, file));
  });
  for (const auto& [key, value] : json.items())
    check(std::find(names.begin(), names.end(), key) != names.end(),
          "config: {} has the unknown key '{}'; the nearest known one is '{}'", file, key, nearest(key, names));
  check(json.contains("task") && json["task"] == "copy", "config: task of {} is {}, but \"copy\" is needed", file,
        json.contains("task") ? json["task"].dump() : "missing");
  return config;
}

void save_config(const RunConfig& config, const std::string& path) {
  AtomicFile file(path);
  file.write(config_json(config));
  file.commit();
}

RunConfig load_config(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  check(in.good(), "config: {} cannot be read", path);
  return parse_config(text.str(), path);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
