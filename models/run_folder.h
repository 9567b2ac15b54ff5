// The folder of a run: config.json, metrics, weights, the curve.
//
// create_run_folder makes it, with its parents. Errors, before anything is touched: the path is a file; the folder
// exists and holds something (say `force` to replace what a run leaves there; other files stay); it cannot be written.
#pragma once

#include <string>

#include "../core/real.h"

namespace scangrad::inline SCANGRAD_PRECISION {

SCANGRAD_API void create_run_folder(const std::string& path, bool force);

}  // namespace scangrad::inline SCANGRAD_PRECISION
