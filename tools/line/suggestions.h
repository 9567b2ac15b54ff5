// What to try on a trained run, as commands to paste: from the row of its task (TaskRow::next).
#pragma once

#include <string>

#include "../../models/runs/run_config.h"

namespace scangrad_tools {

// The line that runs a command on a run: "scangrad eval runs/a --length 128"; the plain one if the task names none.
std::string suggested(const std::string& command, const scangrad::RunConfig& config, const std::string& folder);

// The lines to print after a training, at most three.
std::string next_steps(const scangrad::RunConfig& config, const std::string& folder);

}  // namespace scangrad_tools
