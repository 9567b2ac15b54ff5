#include "config_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <type_traits>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/config_fields.h"
#include "../line/help_text.h"
#include "mixer_options.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// A flag with one of several words. `set` gets a word that is known.
CLI::Option* add_words(CLI::App& command, const std::string& name, const std::vector<std::string>& words,
                       const std::string& current, const std::string& help,
                       const std::function<void(const std::string& word)>& set) {
  const auto checked = [name, words, set](const std::string& word) {
    check(std::find(words.begin(), words.end(), word) != words.end(),
          "scangrad: {} is '{}', but one of {} is needed; the nearest is '{}'", name, word, joined(words),
          nearest(word, words));
    set(word);
  };
  CLI::Option* const option =
      command.add_option_function<std::string>(name, checked, fmt::format("{} ({})", help, joined(words)));
  return option->default_str(current);
}

template <class T>
CLI::Option* add_value(CLI::App& command, const std::string& name, T& value, const std::string& help) {
  if constexpr (std::is_enum_v<T>) {
    const auto set = [&value](const std::string& word) {
      for (const auto& [known, choice] : choices(value))
        if (known == word) value = choice;
    };
    return add_words(command, name, names_of_choices<T>(), name_of_choice(value), help, set);
  } else if constexpr (std::is_same_v<T, bool>) {
    return command.add_flag(fmt::format("{0},!--no-{1}", name, name.substr(2)), value, help);
  } else {
    return command.add_option(name, value, help)->capture_default_str();
  }
}

}  // namespace

void add_precision(CLI::App& command, const std::string& name, Precision& value, const std::string& help) {
  add_value(command, name, value, help);
}

void add_config_flags(CLI::App& command, RunConfig& config, const std::string& mixer) {
  const auto add_to = [&](const char* group) {
    return [&command, &mixer, group](const char* name, auto& value, const FieldHelp& help) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, MixerChoice>)
        add_mixer_flags(command, value, mixer, group);
      else
        add_value(command, flag_of(name), value, help.text)->group(help.marks & kFirst ? group : later(group));
    };
  };
  const TaskRow& row = task_row(config.task);
  add_option_flags(command, row.options, config.options, "Data");
  each_stack_field(config.stack, add_to("Network"));
  add_option_flags(command, row.network, config.options, "Network");
  each_training_field(config, add_to("Training"));
}

void add_given_flags(CLI::App& command, OptionList TaskRow::*list, Options& given) {
  std::vector<std::pair<Option, std::string>> options;  // each name once, with the tasks that have it
  for (const TaskRow& row : tasks()) {
    for (const Option& option : row.*list) {
      const auto known = std::find_if(options.begin(), options.end(),
                                      [&](const auto& each) { return each.first.name == option.name; });
      const std::string help = fmt::format("{}: {}", row.name, option.help);
      if (known == options.end())
        options.emplace_back(option, help);
      else
        known->second += "\n" + help;
    }
  }
  for (const auto& [option, help] : options) {
    const auto add = [&, name = option.name, help = help](const auto& typed) {
      using T = std::decay_t<decltype(typed)>;
      command.add_option_function<T>(
          flag_of(name), [&given, name](const T& value) { given.set(name, value); }, help);
    };
    std::visit(add, option.standard.variant());
  }
}

}  // namespace scangrad_tools
