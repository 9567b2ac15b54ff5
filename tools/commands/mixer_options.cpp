#include "mixer_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <variant>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../line/help_text.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

CLI::Option* add_flag_for(CLI::App& command, const Option& option, Options& values) {
  Option typed = option;  // as it is called in messages
  typed.name = flag_of(option.name);
  const std::string& flag = typed.name;
  const auto set = [&values, name = option.name, typed](const OptionValue& value) {
    values.set(name, checked_value("scangrad", typed, value));
  };
  if (std::holds_alternative<bool>(option.standard.variant()))
    return command.add_flag_function(
        fmt::format("{0},!--no-{1}", flag, flag.substr(2)), [set](int64_t count) { set(count > 0); }, option.help);
  const OptionValue* const given = values.find(option.name);
  const std::string now = given != nullptr ? given->text() : option.standard.text(),
                    choices = option.choices.empty() ? std::string() : fmt::format(" ({})", joined(option.choices));
  const auto of_kind = [&](auto kind) {
    return command.add_option_function<decltype(kind)>(
        flag, [set](const auto& value) { set(value); }, option.help + choices);
  };
  const bool whole = std::holds_alternative<int64_t>(option.standard.variant());
  const bool number = std::holds_alternative<double>(option.standard.variant());
  CLI::Option* const added = whole ? of_kind(int64_t()) : number ? of_kind(double()) : of_kind(std::string());
  return added->default_str(now);
}

// Adds an option of another mixer, whose use is an error that says what to type.
void refuse_flag(CLI::App& command, const Option& option, const std::string& mixer) {
  const std::string flag = flag_of(option.name);
  const auto refuse = [option, flag, mixer](const auto&) {
    const std::vector<std::string> owners =
        mixer_names([&](const MixerRow& row) { return find_option(row.options, option.name) != nullptr; });
    fail("scangrad: {} is no option of mixer {}; leave it out, or add --mixer {}", flag, mixer, joined(owners, " or "));
  };
  if (std::holds_alternative<bool>(option.standard.variant()))
    command.add_flag_function(fmt::format("{0},!--no-{1}", flag, flag.substr(2)), refuse)->group("");
  else
    command.add_option_function<std::string>(flag, refuse)->group("");
}

}  // namespace

std::string flag_of(std::string name) {
  for (char& c : name)
    if (c == '_') c = '-';
  return "--" + name;
}

void add_option_flags(CLI::App& command, const OptionList& list, Options& values, const std::string& group) {
  for (const Option& option : list)
    add_flag_for(command, option, values)->group(option.marks & kFirst ? group : later(group));
}

void add_mixer_flags(CLI::App& command, MixerChoice& mixer, const std::string& asked, const std::string& group) {
  const MixerRow& row = mixer_row(asked.empty() ? mixer.name : asked);
  mixer = {row.name, known_options(row.options, mixer.options)};
  command.add_option("--mixer", mixer.name, fmt::format("what mixes over time ({})", joined(mixer_names())))
      ->capture_default_str()
      ->group(group);
  add_option_flags(command, row.options, mixer.options, fmt::format("Mixer {}: {}", row.name, row.help));
  for (const std::string& other : mixer_names())
    for (const Option& option : mixer_row(other).options)
      if (command.get_option_no_throw(flag_of(option.name)) == nullptr) refuse_flag(command, option, row.name);
}

}  // namespace scangrad_tools
