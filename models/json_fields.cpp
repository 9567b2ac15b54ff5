#include "json_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "../core/check.h"
#include "../core/text.h"

namespace scangrad::inline SCANGRAD_PRECISION {

using Json = nlohmann::ordered_json;

struct JsonFields::Object {
  std::string source;
  Json json;
  std::vector<std::string> known = {};  // names that were asked for
};

namespace {

// A value for a message. Arrays and objects by their kind alone: they may be nested without end.
std::string shown(const Json& json) {
  return json.is_structured() ? std::string(json.type_name()) : json.dump();
}

}  // namespace

JsonFields::JsonFields(const std::string& text, const std::string& source) : object_(new Object{source, {}}) {
  std::set<std::string> keys;
  std::string twice;
  const auto note = [&](int depth, Json::parse_event_t event, const Json& key) {
    const bool is_field = depth == 1 && event == Json::parse_event_t::key;
    if (is_field && !keys.insert(key.get<std::string>()).second) twice = key.get<std::string>();
    return true;
  };
  object_->json = Json::parse(text, note, /*allow_exceptions=*/false);
  check(object_->json.is_object(), "config: {} is not a JSON object", source);
  check(twice.empty(), "config: {} has the key '{}' twice", source, twice);
}
JsonFields::~JsonFields() = default;

bool JsonFields::has(const char* name) const {
  return object_->json.contains(name);
}

template <class T>
void JsonFields::read(const char* name, T& value, const char* needed) {
  object_->known.emplace_back(name);
  if (!has(name)) return;
  const Json& json = object_->json[name];
  const bool wraps = json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX;
  const bool fits = std::is_same_v<T, bool>          ? json.is_boolean()
                    : std::is_same_v<T, std::string> ? json.is_string()
                    : std::is_same_v<T, int64_t>     ? json.is_number_integer() && !wraps
                                                     : json.is_number();
  check(fits, "config: {} of {} is {}, but {} is needed", name, object_->source, shown(json), needed);
  value = json.get<T>();
}

void JsonFields::operator()(const char* name, int64_t& value, const char*) {
  read(name, value, "a whole number");
}
void JsonFields::operator()(const char* name, double& value, const char*) {
  read(name, value, "a number");
}
void JsonFields::operator()(const char* name, bool& value, const char*) {
  read(name, value, "true or false");
}
void JsonFields::operator()(const char* name, std::string& value, const char*) {
  read(name, value, "a string");
}

int JsonFields::choice(const char* name, const std::vector<std::string>& names) {
  object_->known.emplace_back(name);
  if (!has(name)) return -1;
  const Json& json = object_->json[name];
  const auto found = std::find(names.begin(), names.end(), json);
  check(found != names.end(), "config: {} of {} is {}, but one of {} is needed", name, object_->source, shown(json),
        joined(names));
  return static_cast<int>(found - names.begin());
}

void JsonFields::finish() const {
  const std::vector<std::string>& known = object_->known;
  for (const auto& [key, value] : object_->json.items())
    check(std::find(known.begin(), known.end(), key) != known.end(),
          "config: {} has the unknown key '{}'; the nearest known one is '{}'", object_->source, key,
          nearest(key, known));
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
