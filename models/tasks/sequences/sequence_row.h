// The row of `train sequences` in the table of tasks: a label for each sequence, or for each of its steps.
#pragma once

#include "../../networks/series_model.h"
#include "../table.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API TaskRow sequence_row();

// The network that says labels as `scaling` describes them.
SCANGRAD_API SeriesModelConfig labelling_network(const RunConfig& config, const SeriesScaling& scaling);

}  // namespace scangrad::SCANGRAD_PRECISION
