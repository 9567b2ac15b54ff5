#include "parse_errors.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <type_traits>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/tasks/table.h"
#include "../commands/mixer_options.h"
#include "names.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// The innermost command of the line.
const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

// "scangrad train copy"
std::string full_name(const CLI::App* command) {
  std::string name = command->get_name();
  for (const CLI::App* at = command->get_parent(); at != nullptr; at = at->get_parent())
    name = at->get_name() + " " + name;
  return name;
}

// The names of all options of a command and of the commands that contain it.
std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// The option of that name, here or in a command around it; null if there is none.
const CLI::Option* find_flag(const CLI::App* app, const std::string& name) {
  for (; app != nullptr && name.rfind("--", 0) == 0 && name.size() > 2; app = app->get_parent())
    if (const CLI::Option* const option = app->get_option_no_throw(name)) return option;
  return nullptr;
}

std::vector<std::string> command_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

// The tasks that have an option of this name.
std::vector<std::string> tasks_with(const std::string& option) {
  std::vector<std::string> names;
  for (const TaskRow& row : tasks())
    for (const Option& each : all_options(row))
      if (flag_of(each.name) == option) names.push_back(row.name);
  return names;
}

std::string unknown_option(const CLI::App* at, const std::string& word) {
  if (at->get_name() == "train")
    return fmt::format("option '{}' belongs after the task, which is one of {}: train copy {}", word,
                       joined(command_names(at)), word);
  if (at->get_parent() != nullptr && at->get_parent()->get_name() == "train") {
    const std::vector<std::string> others = tasks_with(word);
    if (!others.empty())
      return fmt::format("option '{}' does not belong to this task; it is an option of train {}", word,
                         joined(others, ", train "));
  }
  const std::string known = meant(word, option_names(at));
  return fmt::format("unknown option '{}'{}", word,
                     known.empty() ? fmt::format("; {} --help-all shows the options", full_name(at)) : known);
}

std::string unknown_argument(const CLI::App* at, const std::string& word) {
  std::vector<std::string> commands = command_names(at);
  if (at->get_parent() == nullptr) commands.push_back("help");  // complete_line.h
  if (commands.empty())
    return fmt::format("'{}' is one word too many; {} --help shows an example", word, full_name(at));
  const std::string known = meant(word, commands);
  return fmt::format("unknown argument '{}'{}", word,
                     known.empty() ? fmt::format("; {} --help shows what there is", full_name(at)) : known);
}

// A message about the first unknown or misplaced word; empty if there is none.
std::string unknown_word(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return "";
  const std::string word = rest.front().substr(0, rest.front().find('='));
  return word.rfind('-', 0) == 0 ? unknown_option(innermost(app), word) : unknown_argument(innermost(app), word);
}

// A message that lists the commands if the line lacks one; else empty.
std::string missing_command(const CLI::App& app) {
  const CLI::App* const at = innermost(app);
  if (at->get_require_subcommand_min() == 0 || !at->get_subcommands().empty()) return "";
  return fmt::format("{} needs one of {}; {} --help tells them apart", at == &app ? "the line" : at->get_name(),
                     joined(command_names(at)), full_name(at));
}

// "a number" for an option that needs one.
std::string needed(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type == "INT" || type == "UINT" ? "a whole number" : type == "FLOAT" ? "a number" : "a text";
}

// CLI11 names no option that --help does not show.
std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames().front();
}

std::string missing_value(const CLI::Option& option) {
  return fmt::format("{} has no value, but {} is needed", name_of(option), needed(option));
}

bool is_switch(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

// A message about an option that got a value too many or too few: the first in the line that can be it.
std::string wrong_count(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* const at = innermost(app);
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    const CLI::Option* const option = find_flag(at, name);
    if (option == nullptr) continue;
    const bool has_value = equals != std::string::npos && equals + 1 < words[i].size();
    if (is_switch(*option) && has_value)
      return fmt::format("{} takes no value, but '{}' was given; {} alone is enough", name, words[i].substr(equals + 1),
                         name);
    if (!is_switch(*option) && !has_value && i + 1 == words.size()) return missing_value(*option);
  }
  return "";
}

// A message about the first option or argument that is needed and was not typed; else empty.
std::string missing_option(const CLI::App& app) {
  const CLI::App* const at = innermost(app);
  for (const CLI::Option* const option : at->get_options())
    if (option->get_required() && option->count() == 0)
      return fmt::format("{} needs {} ({}); {} --help shows an example", at->get_name(),
                         option->get_positional() ? fmt::format("'{}'", option->get_name(true)) : name_of(*option),
                         option->get_description(), full_name(at));
  return "";
}

// A message about two options of which only one may be typed; else empty.
std::string excluded_option(const CLI::App& app) {
  for (const CLI::Option* const option : innermost(app)->get_options())
    for (const CLI::Option* const other : option->get_excludes())
      if (option->count() > 0 && other->count() > 0)
        return fmt::format("{} and {} exclude each other; leave one of them out", name_of(*option), name_of(*other));
  return "";
}

// Errors: text that is no number of this type, or out of its range.
template <class T>
void check_number(const CLI::Option& option, const std::string& text) {
  constexpr T kLeast = std::numeric_limits<T>::lowest(), kMost = std::numeric_limits<T>::max();
  T value = 0;
  const bool is_read = CLI::detail::lexical_cast(text, value);
  errno = 0;
  char* end = nullptr;
  const long double size = std::strtold(text.c_str(), &end);
  const bool is_number = end != text.c_str() && *end == '\0';
  const bool is_infinity = !std::is_integral_v<T> && std::isinf(size) && errno != ERANGE;  // the word inf
  const bool fits = size >= static_cast<long double>(kLeast) && size <= static_cast<long double>(kMost);
  check(!is_number || std::isnan(size) || is_infinity || fits, "scangrad: {} is '{}', but {} from {} to {} is needed",
        name_of(option), text, needed(option), kLeast, kMost);
  check(is_read, "scangrad: {} is '{}', but {} is needed", name_of(option), text, needed(option));
}

// What checks the values of an option.
std::function<void(const std::string& text)> checker_of(const CLI::App& app, const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type == "INT") return [&option](const std::string& text) { check_number<int64_t>(option, text); };
  if (type == "UINT") return [&option](const std::string& text) { check_number<uint64_t>(option, text); };
  if (type == "FLOAT") return [&option](const std::string& text) { check_number<double>(option, text); };
  return
      [&](const std::string& text) { check(find_flag(&app, text) == nullptr, "scangrad: {}", missing_value(option)); };
}

}  // namespace

void check_values(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    if (is_switch(*option)) continue;
    option->check([checked = checker_of(app, *option)](const std::string& text) {
      checked(text);
      return std::string();
    });
  }
  for (CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) check_values(*command);
}

std::string sentence_for(const CLI::App& app, const std::vector<std::string>& words, const CLI::ParseError& error) {
  std::string sentence = unknown_word(app);
  if (sentence.empty() && error.get_name() == "RequiredError") sentence = missing_command(app);
  if (sentence.empty() && error.get_name() == "RequiredError") sentence = missing_option(app);
  if (sentence.empty()) sentence = excluded_option(app);
  if (sentence.empty()) sentence = wrong_count(app, words);
  if (sentence.empty())
    sentence = fmt::format("this line is not understood; {} --help shows an example", full_name(innermost(app)));
  return "scangrad: " + sentence;
}

}  // namespace scangrad_tools
