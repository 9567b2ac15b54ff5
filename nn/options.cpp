#include "options.h"

#include <fmt/format.h>

#include <algorithm>

#include "../core/check.h"
#include "../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr const char* kKinds[] = {"true or false", "a whole number", "a number", "a text"};  // by variant's index

auto place_of(auto& values, const std::string& name) {
  return std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == name; });
}

}  // namespace

OptionList together(std::initializer_list<OptionList> lists) {
  OptionList all;
  for (const OptionList& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::vector<std::string> names_of_options(const OptionList& list) {
  std::vector<std::string> names;
  for (const Option& option : list) names.push_back(option.name);
  return names;
}

std::string OptionValue::text() const {
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, variant());
}

Options::Options(std::initializer_list<std::pair<std::string, OptionValue>> given) {
  for (const auto& [name, value] : given) set(name, value);
}

void Options::set(const std::string& name, OptionValue value) {
  const auto place = place_of(values_, name);
  if (place == values_.end())
    values_.emplace_back(name, std::move(value));
  else
    place->second = std::move(value);
}

void Options::erase(const std::string& name) {
  const auto place = place_of(values_, name);
  if (place != values_.end()) values_.erase(place);
}

const OptionValue* Options::find(const std::string& name) const {
  const auto place = place_of(values_, name);
  return place == values_.end() ? nullptr : &place->second;
}

OptionValue* Options::find(const std::string& name) {
  return const_cast<OptionValue*>(std::as_const(*this).find(name));
}

const OptionValue& Options::at(const std::string& name) const {
  const OptionValue* const value = find(name);
  check(value != nullptr, "options: {} is not set", name);
  return *value;
}

void Options::refuse_word(const std::string& name, const std::string& word, const std::vector<std::string>& words) {
  fail("options: {} is '{}', but one of {} is needed; the nearest is '{}'", name, word, joined(words),
       nearest(word, words));
}

void Options::refuse_kind(const std::string& name, const OptionValue& value) {
  fail("options: {} is {}, which is read as another kind of value", name, value.text());
}

const Option* find_option(const OptionList& list, const std::string& name) {
  const auto place = std::find_if(list.begin(), list.end(), [&](const Option& each) { return each.name == name; });
  return place == list.end() ? nullptr : &*place;
}

OptionValue checked_value(const std::string& unit, const Option& option, const OptionValue& value) {
  const bool wants_double = std::holds_alternative<double>(option.standard.variant());
  if (const int64_t* const whole = std::get_if<int64_t>(&value.variant()); whole != nullptr && wants_double)
    return static_cast<double>(*whole);
  check(value.index() == option.standard.index(), "{}: {} is {}, but {} is needed", unit, option.name, value.text(),
        kKinds[option.standard.index()]);
  if (!option.choices.empty()) {
    const std::string& word = std::get<std::string>(value.variant());
    const bool known = std::find(option.choices.begin(), option.choices.end(), word) != option.choices.end();
    check(known, "{}: {} is '{}', but one of {} is needed; the nearest is '{}'", unit, option.name, word,
          joined(option.choices), nearest(word, option.choices));
  }
  return value;
}

Options known_options(const OptionList& list, const Options& given) {
  Options known;
  for (const auto& [name, value] : given)
    if (find_option(list, name) != nullptr) known.set(name, value);
  return known;
}

Options complete(const std::string& unit, const OptionList& list, const Options& given) {
  for (const auto& [name, value] : given) {
    if (find_option(list, name) != nullptr) continue;
    const std::vector<std::string> names = names_of_options(list);
    check(!names.empty(), "{}: {} is not an option here; there are none", unit, name);
    fail("{}: {} is not an option here, but {} are; the nearest is '{}'", unit, name, joined(names),
         nearest(name, names));
  }
  Options result;
  for (const Option& option : list) {
    const OptionValue* const value = given.find(option.name);
    result.set(option.name, value == nullptr ? option.standard : checked_value(unit, option, *value));
  }
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
