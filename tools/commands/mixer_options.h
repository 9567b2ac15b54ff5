// The options of the chosen mixer as flags, from its list in the table of mixers (nn/mixer.h).
#pragma once

#include <string>

#include "../../nn/mixer.h"

namespace CLI {
class App;
}

namespace scangrad_tools {

// Adds a flag for each option of the list, with its help, default and choices; a typed value is set in `values`. Those
// without the mark kFirst are shown by --help-all only.
void add_option_flags(CLI::App& command, const scangrad::OptionList& list, scangrad::Options& values,
                      const std::string& group);

// Adds --mixer and the flags of the mixer `asked` (if that is empty: of `mixer`). The flags of all other mixers are
// added too, but hidden; their use is an error that says what to type. Errors: an unknown mixer.
void add_mixer_flags(CLI::App& command, scangrad::MixerChoice& mixer, const std::string& asked,
                     const std::string& group);

// "--forget-bias" for forget_bias
std::string flag_of(std::string name);

}  // namespace scangrad_tools
