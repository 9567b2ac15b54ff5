// What tasks on tokens share: options of the network around the stack, and the network itself.
//
//   row.network = token_options();
//   LanguageModel model(params, token_network(config, /*vocab=*/65));
#pragma once

#include "../../nn/options.h"
#include "../networks/language_model.h"
#include "../runs/run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API OptionList token_options();
// The sizes of a network that reads and predicts `vocab` tokens.
SCANGRAD_API LanguageModelConfig token_network(const RunConfig& config, int64_t vocab);
// The other direction: sets the options and the stack of a run to those of a network.
SCANGRAD_API void set_token_network(RunConfig& config, const LanguageModelConfig& network);

}  // namespace scangrad::SCANGRAD_PRECISION
