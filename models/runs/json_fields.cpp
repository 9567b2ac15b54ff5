#include "json_fields.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "../../core/check.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {

using Json = nlohmann::json;

struct JsonFields::Object {
  std::string source;
  std::map<std::string, Json> values = {};  // arrays empty; objects without what is nested in them
  std::vector<std::string> known = {};      // names that were read
};

namespace {

constexpr size_t kMostKeys = 1'000;

// Reads the object event by event. Of a field that is an object its fields are kept; of deeper values nothing.
class Reader : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(std::map<std::string, Json>& values) : values_(values) {}
  std::string error;  // empty: it is no JSON object

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(int64_t value) override { return put(value); }
  bool number_unsigned(uint64_t value) override { return put(value); }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(value); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(size_t) override { return depth_++ == 0 || put_nested(Json::object()); }
  bool start_array(size_t) override { return depth_++ > 0 && put_nested(Json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(std::string& key) override {
    if (depth_ > 2 || (depth_ == 2 && !values_.at(key_).is_object())) return true;
    if (++keys_ > kMostKeys) return fails(fmt::format("more than {} keys", kMostKeys));
    (depth_ == 1 ? key_ : inner_key_) = key;
    const bool is_new = depth_ == 1 ? values_.count(key) == 0 : !values_.at(key_).contains(key);
    return is_new || fails(fmt::format("the key '{}' twice", shortened(key, 80)));
  }
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  bool put(Json value) { return put_at(depth_, std::move(value)); }
  bool put_nested(Json value) { return put_at(depth_ - 1, std::move(value)); }
  bool put_at(int64_t depth, Json value) {
    if (depth == 1) values_.emplace(key_, std::move(value));
    if (depth == 2 && values_.at(key_).is_object()) values_.at(key_)[inner_key_] = std::move(value);
    return depth > 0;
  }
  bool leave() {
    --depth_;
    return true;
  }
  bool fails(const std::string& what) {
    error = what;
    return false;
  }

  std::map<std::string, Json>& values_;
  int64_t depth_ = 0;
  size_t keys_ = 0;
  std::string key_, inner_key_;
};

// A value for a message.
std::string shown(const Json& json) {
  return json.is_structured() ? std::string(json.type_name()) : shortened(json.dump(), 80);
}

}  // namespace

JsonFields::JsonFields(const std::string& text, const std::string& source) : object_(new Object{source}) {
  Reader reader(object_->values);
  if (Json::sax_parse(text, &reader)) return;
  check(reader.error.empty(), "config: {} has {}", source, reader.error);
  fail("config: {} is not a JSON object", source);
}
JsonFields::JsonFields(std::unique_ptr<Object> object) : object_(std::move(object)) {}
JsonFields::~JsonFields() = default;

bool JsonFields::is_object(const char* name) const {
  return has(name) && object_->values[name].is_object();
}

JsonFields JsonFields::object(const char* name) {
  object_->known.emplace_back(name);
  auto inner = std::make_unique<Object>(Object{fmt::format("{} of {}", name, object_->source)});
  for (const auto& [key, value] : object_->values[name].items()) inner->values.emplace(key, value);
  return JsonFields(std::move(inner));
}

bool JsonFields::has(const char* name) const {
  return object_->values.count(name) > 0;
}

template <class T>
void JsonFields::read(const char* name, T& value, const char* needed) {
  object_->known.emplace_back(name);
  if (!has(name)) return;
  const Json& json = object_->values[name];
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

void JsonFields::operator()(const Option& option, OptionValue& value) {
  const char* const name = option.name.c_str();
  if (!option.choices.empty()) {
    const int chosen = choice(name, option.choices);
    if (chosen >= 0) value = option.choices[static_cast<size_t>(chosen)];
    return;
  }
  std::visit(
      [&](auto typed) {
        (*this)(name, typed);
        value = typed;
      },
      value.variant());
}

void JsonFields::ignore(const std::string& name) {
  object_->known.push_back(name);
}

int JsonFields::choice(const char* name, const std::vector<std::string>& names) {
  object_->known.emplace_back(name);
  if (!has(name)) return -1;
  const Json& json = object_->values[name];
  const auto found = std::find(names.begin(), names.end(), json);
  check(found != names.end(), "config: {} of {} is {}, but one of {} is needed", name, object_->source, shown(json),
        joined(names));
  return static_cast<int>(found - names.begin());
}

void JsonFields::finish() const {
  const std::vector<std::string>& known = object_->known;
  for (const auto& [key, value] : object_->values) {
    const std::string text = shortened(key, 80);
    check(std::find(known.begin(), known.end(), key) != known.end(),
          "config: {} has the unknown key '{}'; the nearest known one is '{}'", object_->source, text,
          nearest(text, known));
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
