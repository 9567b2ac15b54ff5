// Flags of the command line for the fields of a run and for lists of options.
#pragma once

#include <string>

#include "../../models/tasks/table.h"

namespace CLI {
class App;
}  // namespace CLI

namespace scangrad_tools {

// A flag for each field of the configuration, in the groups Data, Network and Training of --help. The options of a
// mixer are those of `mixer`; empty: of the mixer of the configuration.
void add_config_flags(CLI::App& command, scangrad::RunConfig& config, const std::string& mixer);

// A flag that takes float or bf16.
void add_precision(CLI::App& command, const std::string& name, scangrad::Precision& value, const std::string& help);

// A flag for each option that any task has in this list of its row; `given` gets those that were typed.
void add_given_flags(CLI::App& command, scangrad::OptionList scangrad::TaskRow::*list, scangrad::Options& given);

}  // namespace scangrad_tools
