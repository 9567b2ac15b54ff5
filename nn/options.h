// Named options with defaults and help: what a mixer or a task can be told from code, a file, a command line or another
// language. One list describes them, and all of these read it.
//
//   const OptionList list = {
//       {"states", 16, "states per channel"},
//       {"gates", Gates::kPlain, "how the gates are used"},      // an enum whose names stand in choices(Gates)
//   };
//   const Options options = complete("mamba", list, {{"states", 8}});     // what is not given has its default
//   options.get<int64_t>("states");                                       // 8
//   options.get<Gates>("gates");                                          // Gates::kPlain
//
// A value is a bool, an int64_t, a double or a text; an enum is stored by its name. A whole number is accepted where a
// double is needed. A fourth entry of a line are its marks: {"states", 16, "states per channel", kFixed}.
//
// Errors: an option that the list does not have (the message names those it has, and the nearest), a value of another
// kind, a word that is none of the choices; get() of an option that is not there or is of another kind.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

// The names of an enum: every enum that is an option has a function `const Choices<E>& choices(E)` next to it.
template <class E>
using Choices = std::vector<std::pair<std::string, E>>;

template <class E>
std::vector<std::string> names_of_choices() {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices(E())) names.push_back(name);
  return names;
}

template <class E>
std::string name_of_choice(E value) {
  for (const auto& [name, choice] : choices(value))
    if (choice == value) return name;
  return {};
}

class SCANGRAD_API OptionValue : public std::variant<bool, int64_t, double, std::string> {
 public:
  using Variant = std::variant<bool, int64_t, double, std::string>;
  OptionValue(bool value) : Variant(value) {}
  OptionValue(int value) : Variant(static_cast<int64_t>(value)) {}
  OptionValue(int64_t value) : Variant(value) {}
  OptionValue(double value) : Variant(value) {}
  OptionValue(std::string value) : Variant(std::move(value)) {}
  OptionValue(const char* value) : Variant(std::string(value)) {}
  template <class E>
  requires std::is_enum_v<E> OptionValue(E value) : Variant(name_of_choice(value)) {}

  const Variant& variant() const { return *this; }
  std::string text() const;  // as it is typed: true, 16, 0.5, plain
};

// kFirst: --help shows it, not only --help-all. kFixed: a resumed run keeps it, as what it saved has that shape.
enum Marks : int { kFirst = 1, kFixed = 2 };

// One line of a list: name, default, help, marks.
struct Option {
  template <class T>
  Option(std::string its_name, T its_default, std::string its_help, int its_marks = 0)
      : name(std::move(its_name)), standard(its_default), help(std::move(its_help)), marks(its_marks) {
    if constexpr (std::is_enum_v<T>) choices = names_of_choices<T>();
  }

  std::string name;
  OptionValue standard;
  std::string help;
  int marks;
  std::vector<std::string> choices;  // words that are allowed; empty: any value of the kind
};

using OptionList = std::vector<Option>;

// Several lists as one.
SCANGRAD_API OptionList together(std::initializer_list<OptionList> lists);
SCANGRAD_API std::vector<std::string> names_of_options(const OptionList& list);

// Values by name, in the order in which they were set.
class SCANGRAD_API Options {
 public:
  Options() = default;
  Options(std::initializer_list<std::pair<std::string, OptionValue>> given);

  void set(const std::string& name, OptionValue value);
  void erase(const std::string& name);
  const OptionValue* find(const std::string& name) const;  // null: not there
  OptionValue* find(const std::string& name);
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  bool empty() const { return values_.empty(); }
  friend bool operator==(const Options& a, const Options& b) { return a.values_ == b.values_; }

  // T: bool, int64_t, double, std::string or an enum with choices().
  template <class T>
  T get(const std::string& name) const {
    if constexpr (std::is_enum_v<T>) {
      const std::string word = get<std::string>(name);
      for (const auto& [known, value] : choices(T()))
        if (known == word) return value;
      refuse_word(name, word, names_of_choices<T>());
    } else {
      const OptionValue& value = at(name);
      if (const T* const found = std::get_if<T>(&value.variant())) return *found;
      refuse_kind(name, value);
    }
  }

 private:
  const OptionValue& at(const std::string& name) const;
  [[noreturn]] static void refuse_word(const std::string& name, const std::string& word,
                                       const std::vector<std::string>& words);
  [[noreturn]] static void refuse_kind(const std::string& name, const OptionValue& value);

  std::vector<std::pair<std::string, OptionValue>> values_;
};

// The option of that name, or null.
SCANGRAD_API const Option* find_option(const OptionList& list, const std::string& name);

// The value as the option stores it: a whole number as a double where the default is one. `unit` begins the message.
// Errors: another kind, a word that is none of the choices.
SCANGRAD_API OptionValue checked_value(const std::string& unit, const Option& option, const OptionValue& value);

// Those of the given options that the list has.
SCANGRAD_API Options known_options(const OptionList& list, const Options& given);

// Every option of the list, in its order: what is given, checked, or its default.
SCANGRAD_API Options complete(const std::string& unit, const OptionList& list, const Options& given);

}  // namespace scangrad::SCANGRAD_PRECISION
