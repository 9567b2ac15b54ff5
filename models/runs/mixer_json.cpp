#include "mixer_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <variant>

#include "../../core/files/json.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The value that a field has for an option, if it is there.
std::optional<OptionValue> read_option(JsonFields& read, const Option& option) {
  const char* const name = option.name.c_str();
  if (!option.choices.empty()) {
    const int chosen = read.choice(name, option.choices);
    if (chosen < 0) return {};
    return OptionValue(option.choices[static_cast<size_t>(chosen)]);
  }
  const bool is_there = read.has(name);
  OptionValue result = std::visit(
      [&](auto value) {
        read(name, value);
        return OptionValue(value);
      },
      option.standard.variant());
  if (!is_there) return {};
  return result;
}

// Another mixer keeps those options that it has too.
void rename(MixerChoice& mixer, const std::string& name) {
  mixer = {name, known_options(mixer_row(name).options, mixer.options)};
}

}  // namespace

std::string mixer_json(const MixerChoice& mixer) {
  nlohmann::ordered_json json;
  json["name"] = mixer.name;
  for (const auto& [name, value] : mixer_options(mixer))
    std::visit([&json, &key = name](const auto& each) { json[key] = each; }, value.variant());
  return json_text(json);
}

void read_mixer(JsonFields& read, MixerChoice& mixer) {
  std::string name = mixer.name;
  if (read.is_object("mixer")) {
    JsonFields its = read.object("mixer");
    its("name", name);
    rename(mixer, name);
    for (const Option& option : mixer_row(name).options)
      if (const auto value = read_option(its, option)) mixer.options.set(option.name, *value);
    return its.finish();
  }
  read("mixer", name);
  rename(mixer, name);
  for (const std::string& each : mixer_names()) {
    for (const Option& option : mixer_row(each).options) {
      const auto value = read_option(read, option);
      if (value && find_option(mixer_row(name).options, option.name) != nullptr) mixer.options.set(option.name, *value);
    }
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
