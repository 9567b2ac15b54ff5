// What the commands on text share: the data that a run names.
#pragma once

#include "../../models/data/synthetic_text.h"
#include "../../models/data/text_data.h"
#include "../../models/runs/run_config.h"

namespace scangrad_tools {

// The text that a configuration names; where it names none, made-up text whose entropy is known.
scangrad::TextData open_text(const scangrad::RunConfig& config, const scangrad::Vocabulary* vocabulary);
scangrad::SyntheticText synthetic_text();

}  // namespace scangrad_tools
