// `scangrad train TASK --sweep NAME=A,B,...`: one run for each combination of values, one after the other.
//
//   scangrad train copy --sweep lr=1e-3,3e-3 --sweep layers=1,2
//   4 runs in runs/sweep-copy-quick: about 3 minutes
//   run 1 of 4: lr=0.001, layers=1
//   ...
//   loss 0.4021, accuracy 84.12 %, 2000 steps in 0:40, 61 MB
//
// The line is read again for each combination, with the values as flags at its end. So a value is whatever the flag of
// that name takes, and each run is the one that this line trains. All combinations are checked before the first
// training starts. A run that has ended is skipped and one that was stopped is resumed, so the same line continues a
// sweep. A run that ends with an error does not stop the others. At the end come the table of runs (runs.h) and a
// picture.
#pragma once

#include <string>
#include <vector>

#include "../commands/train_command.h"

namespace scangrad_tools {

// `words` are those of the line; returns the exit status.
int train_sweep(const TrainOptions& typed, const std::vector<std::string>& words);

}  // namespace scangrad_tools
