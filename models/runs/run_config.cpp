#include "run_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/json.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/text.h"
#include "../tasks/table.h"
#include "config_fields.h"
#include "json_fields.h"
#include "mixer_json.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const MixerChoice& mixer) {
  return parse_bounded<Json>(mixer_json(mixer), /*depth=*/2, /*values=*/1000);
}

template <class T>
Json to_json(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return name_of_choice(value);
  else
    return value;
}

Json to_json(const OptionValue& value) {
  return std::visit([](const auto& typed) { return Json(typed); }, value.variant());
}

// Calls f(name, value, help) for every field of a network and of training, in the order of config.json, and
// g(option) for every option of the task.
template <class Config, class F, class G>
void each_field(Config& config, F f, G g) {
  const TaskRow& row = task_row(config.task);
  for (const Option& option : row.options) g(option);
  each_stack_field(config.stack, f);
  for (const Option& option : row.network) g(option);
  each_training_field(config, f);
}

Json json_of(const RunConfig& config) {
  Json json;
  json["task"] = config.task;
  each_field(
      config, [&](const char* name, const auto& value, const char*) { json[name] = to_json(value); },
      [&](const Option& option) { json[option.name] = to_json(*config.options.find(option.name)); });
  return json;
}

// With the name and the options of the mixer next to the other fields.
Json flat(const Json& json) {
  Json result;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_object())
      result[name] = value;
    else
      for (const auto& [key, option] : value.items()) result[key == "name" ? name : key] = option;
  }
  return result;
}

// A field as an option, by which its values are checked.
template <class T>
Option option_of(const char* name, const T& field, const char* help) {
  if constexpr (std::is_same_v<T, MixerChoice>)
    return {name, field.name, help};
  else
    return {name, field, help};
}

// The value of an option in the type of a field.
template <class T>
void assign(T& field, const OptionValue& value) {
  if constexpr (std::is_same_v<T, MixerChoice>) {
    const std::string& name = std::get<std::string>(value.variant());
    field = {name, known_options(mixer_row(name).options, field.options)};
  } else if constexpr (std::is_enum_v<T>) {
    for (const auto& [name, choice] : choices(field))
      if (name == std::get<std::string>(value.variant())) field = choice;
  } else {
    field = std::get<T>(value.variant());
  }
}

// The names of all fields and options whose marks include these.
std::set<std::string> names_with(const RunConfig& config, int marks) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name, int its_marks) {
    if ((its_marks & marks) == marks) names.insert(name);
  };
  each_field(
      config, [&](const char* name, const auto&, const FieldHelp& help) { add(name, help.marks); },
      [&](const Option& option) { add(option.name, option.marks); });
  for (const Option& option : mixer_row(config.stack.mixer.name).options) add(option.name, option.marks);
  return names;
}

}  // namespace

RunConfig default_config(const std::string& task) {
  RunConfig config;
  config.task = task;
  config.options = complete(task, all_options(task_row(task)), {});
  return config;
}

void set_field(const std::string& unit, RunConfig& config, const std::string& key, const OptionValue& value) {
  bool found = false;
  std::vector<std::string> keys;
  each_field(
      config,
      [&](const char* name, auto& field, const char* help) {
        keys.emplace_back(name);
        if (name == key) assign(field, checked_value(unit, option_of(name, field, help), value)), found = true;
      },
      [&](const Option& option) {
        keys.push_back(option.name);
        if (option.name == key) config.options.set(key, checked_value(unit, option, value)), found = true;
      });
  check(found, "{}: {} is no field of train {}; the nearest is '{}'", unit, key, config.task, nearest(key, keys));
}

RunConfig preset(const std::string& task, const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& preset : task_row(task).presets) {
    names.push_back(preset.name);
    if (preset.name != name) continue;
    RunConfig config = default_config(task);
    for (const auto& [key, value] : preset.fields) set_field("preset " + name, config, key, value);
    return config;
  }
  fail("preset: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(names), nearest(name, names));
}

std::vector<std::pair<std::string, std::string>> field_texts(const RunConfig& config) {
  std::vector<std::pair<std::string, std::string>> texts;
  const Json fields = flat(json_of(config));
  for (const auto& [name, value] : fields.items()) {
    const bool is_word = value.is_string() && !value.get_ref<const std::string&>().empty();
    texts.emplace_back(name, is_word ? printable(value.get<std::string>()) : json_message(value));
  }
  return texts;
}

std::vector<DifferentField> different_fields(const std::vector<RunConfig>& runs) {
  std::vector<DifferentField> fields;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (const auto& [name, text] : field_texts(runs[run])) {
      const std::string& key = name;  // a lambda cannot capture a structured binding
      auto at =
          std::find_if(fields.begin(), fields.end(), [&](const DifferentField& each) { return each.name == key; });
      if (at == fields.end()) at = fields.insert(fields.end(), {name, std::vector<std::string>(runs.size())});
      at->values[run] = text;
    }
  }
  std::erase_if(fields, [](const DifferentField& field) {
    std::set<std::string> values(field.values.begin(), field.values.end());
    values.erase("");
    return values.size() < 2;
  });
  return fields;
}

std::vector<std::string> changed_fields(const RunConfig& before, const RunConfig& now, int marks) {
  const Json was = flat(json_of(before)), is = flat(json_of(now));
  const std::set<std::string> marked = names_with(now, marks);
  std::vector<std::string> changes;
  for (const DifferentField& field : different_fields({before, now}))
    if (const std::string& name = field.name; marked.count(name) > 0)
      changes.push_back(fmt::format("{} {} (was {})", name, json_message(is.at(name)), json_message(was.at(name))));
  return changes;
}

std::string config_json(const RunConfig& config) {
  return json_text(json_of(config), 2) + "\n";
}

RunConfig parse_config(const std::string& text, const std::string& file) {
  JsonFields read(text, file);
  const int task = read.choice("task", task_names());
  check(task >= 0, "config: task of {} is missing, but one of {} is needed", file, joined(task_names()));
  const TaskRow& row = switched(tasks()[static_cast<size_t>(task)], [&](const std::string& option) {
    std::string value;
    read(option.c_str(), value);
    return !value.empty();
  });
  RunConfig config = default_config(row.name);
  each_field(
      config, [&](const char* name, auto& value, const char*) { read_field(read, name, value); },
      [&](const Option& option) { read(option, *config.options.find(option.name)); });
  for (const std::string& key : row.forgotten) read.ignore(key);
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
