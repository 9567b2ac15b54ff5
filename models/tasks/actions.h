// What the commands sample, forecast and gates give to a task and get from it: tasks/table.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../../ops/boundaries.h"
#include "../../ops/precision.h"
#include "../data/csv_file.h"
#include "../networks/sampler.h"

namespace scangrad::SCANGRAD_PRECISION {

class State;

// Reads everything from a start state; the result is a scalar, and its gradient by the start state is shown.
using ReadSteps = std::function<Tensor(State& state, const Boundaries& at)>;

// What the network reads while its gates are watched.
struct GateReading {
  std::string what;                 // "a text", for a title
  std::vector<std::string> labels;  // of each step: a character, an id, the number of the step
  ReadSteps read;
};

struct SampleOptions {
  std::string prompt = "\n";
  std::string words = {};  // file with the words that ids stand for
  int64_t tokens = 500;
  uint64_t seed = 1337;
  SamplerOptions sampler = {};
  Precision weights = Precision::kFloat;  // in which they are read (ops/bf16_weights.h)
};

// Takes the text as it is written; false stops.
using ShowText = std::function<bool(const std::string& text)>;

struct ForecastOptions {
  std::string data = {};                     // another series; empty: the run's own
  int64_t steps = 0, context = 0, back = 0;  // steps, context: 0 as trained
};

// A forecast of `forecast.rows()` steps after step `end` of a series, in its units.
struct Forecast {
  Table series, forecast;
  int64_t end = 0;
  int64_t trained = 0;  // steps of the series that the network was trained on
};

}  // namespace scangrad::SCANGRAD_PRECISION
