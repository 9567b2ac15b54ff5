// A trained network run once over a text, or over the kind of data it was trained on, with its gates watched.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "../../core/tensor.h"

namespace scangrad_tools {

struct ProbeOptions {
  std::string run, text;  // text: of a run on text
  int64_t example = 0;    // of the test set of a run on copying
  int64_t steps = 0;      // of the end of a series; 0: as trained
};

struct GateProbe {
  struct Layer {
    scangrad::Tensor keep, write;     // (1, T, E): core/observe/gate_watch.h
    scangrad::Tensor start_gradient;  // (1, E): of the result by the layer's h0
  };
  std::string mixer, what;          // what was read, for a title
  std::vector<std::string> labels;  // of each step: a character, an id, a step's number
  std::vector<Layer> layers;
};

// The result whose gradient is taken: of tokens the loss of the likeliest one next, of a series the sum of what is said
// to come next. Errors: a run that is none, has no gates, or says labels; a text for one that reads none.
GateProbe probe_gates(const ProbeOptions& options);

// The options that say what is read.
void add_probe_options(CLI::App& command, ProbeOptions& options);

}  // namespace scangrad_tools
