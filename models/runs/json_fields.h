// A flat JSON object, read field by field into existing values; a missing field leaves its value unchanged.
//
//   JsonFields read(text, "a.json");
//   read("layers", config.layers);
//   each_stack_field(config, std::ref(read));     // or a whole list of fields: config_fields.h
//   read.finish();                                // nothing else may be there
//
// Errors: text that is no JSON object, a key that occurs twice, a value of another kind, a key that was not read (the
// message names the nearest one that was), more than a thousand keys.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "../../core/real.h"
#include "../../nn/options.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API JsonFields {
 public:
  // Messages name `source` as the place of the text.
  JsonFields(const std::string& text, const std::string& source);
  ~JsonFields();
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  bool has(const char* name) const;
  // A field that is an object, and its fields: each is a value, not an array or an object again.
  bool is_object(const char* name) const;
  JsonFields object(const char* name);
  void operator()(const char* name, int64_t& value, const char* help = "");
  void operator()(const char* name, double& value, const char* help = "");
  void operator()(const char* name, bool& value, const char* help = "");
  void operator()(const char* name, std::string& value, const char* help = "");
  // An enum whose names stand in choices().
  template <class E>
  requires std::is_enum_v<E>
  void operator()(const char* name, E& value, const char* = "") {
    std::vector<std::string> names;
    for (const auto& [text, choice] : choices(value)) names.push_back(text);
    const int chosen = choice(name, names);
    if (chosen >= 0) value = choices(value)[static_cast<size_t>(chosen)].second;
  }
  void operator()(const Option& option, OptionValue& value);
  // The index of the string that the field holds; -1 where it is missing.
  int choice(const char* name, const std::vector<std::string>& names);
  void ignore(const std::string& name);  // may be there, with any value
  void finish() const;

 private:
  struct Object;
  explicit JsonFields(std::unique_ptr<Object> object);
  template <class T>
  void read(const char* name, T& value, const char* needed);

  std::unique_ptr<Object> object_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
