// Runs as tables that fit a terminal: one table for each task, because losses of different tasks cannot be compared.
//
//   copy: 2 runs, lowest validation loss first
//   run         lr  layers      steps     loss  accuracy  time  memory
//   a        0.003       2  2000/2000   0.0102   99.71 %  0:45   64 MB
//   b        0.001       2    30/2000    1.382   12.50 %  0:01   60 MB  stopped
//
// The columns in front are the fields of the configuration that differ between the runs. Where there is no room for
// them as columns, they stand below each run. Where there is no room for all other columns, the least important ones
// are missing, and a line below the table names them. What was not measured is "-". A broken run has a line that says
// why.
#pragma once

#include <string>
#include <vector>

#include "run_summary.h"

namespace scangrad::SCANGRAD_PRECISION {

// `names` are those of the runs, in the same order.
SCANGRAD_API std::string run_tables(const std::vector<RunSummary>& runs, const std::vector<std::string>& names,
                                    size_t columns);

}  // namespace scangrad::SCANGRAD_PRECISION
