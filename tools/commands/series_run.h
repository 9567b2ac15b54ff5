// What the commands on series share: the data that a run names, and what they print about errors.
#pragma once

#include <string>

#include "../../models/runs/run_config.h"
#include "../../models/tasks/sequences/sequence_task.h"
#include "../../models/tasks/series/series_task.h"

namespace scangrad_tools {

// Without labels a series is forecast.
inline bool forecasts(const scangrad::RunConfig& config) {
  return config.series.labels.empty();
}
bool is_made_up(const scangrad::RunConfig& config);

// The series that a configuration names; where it names none, the made-up one.
scangrad::Table open_series(const scangrad::RunConfig& config);
std::string series_name(const scangrad::RunConfig& config);
scangrad::SeriesTaskConfig series_task_config(const scangrad::RunConfig& config);
scangrad::SeriesShares series_shares(const scangrad::RunConfig& config);
scangrad::SequenceFiles sequence_files(const scangrad::RunConfig& config);

// Tables of errors; `what` is what they were measured on, "test".
void say_errors(const std::string& what, const scangrad::SeriesEvaluation& result, const scangrad::SeriesData& data,
                const scangrad::SeriesTaskConfig& config);
void say_errors(const std::string& what, const scangrad::SequenceEvaluation& result,
                const scangrad::SequenceData& data);

}  // namespace scangrad_tools
