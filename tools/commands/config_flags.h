// Flags of the command line for the fields of a run and for lists of options.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../../models/tasks/table.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace scangrad_tools {

// A flag for each field of the configuration, in the groups Data, Network and Training of --help. The options of a
// mixer are those of `mixer`; empty: of the mixer of the configuration.
void add_config_flags(CLI::App& command, scangrad::RunConfig& config, const std::string& mixer);

// A flag that takes one of several words. `set` gets a word that is known.
CLI::Option* add_words(CLI::App& command, const std::string& name, const std::vector<std::string>& words,
                       const std::string& current, const std::string& help,
                       const std::function<void(const std::string& word)>& set);

// A flag for each option that any task has in this list of its row; `given` gets those that were typed.
void add_given_flags(CLI::App& command, scangrad::OptionList scangrad::TaskRow::*list, scangrad::Options& given);

}  // namespace scangrad_tools
