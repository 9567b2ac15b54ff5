// The row of `train series` in the table of tasks: forecasts of a series of real numbers.
//
// A series is cut in time: its end is the test part, what lies before validates, the rest trains.
#pragma once

#include "../../networks/series_model.h"
#include "../table.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API TaskRow series_row();

// The fields that small networks on numbers start from, of forecasts and of labels alike.
SCANGRAD_API Options small_series_network();
// The network that forecasts the columns of `inputs`.
SCANGRAD_API SeriesModelConfig forecasting_network(const RunConfig& config, const Scaling& inputs);

}  // namespace scangrad::SCANGRAD_PRECISION
