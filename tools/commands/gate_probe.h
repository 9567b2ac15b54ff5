// Runs a trained network over one input and records its gates.
#pragma once

#include <string>
#include <vector>

#include "../../core/tensor.h"
#include "../../nn/options.h"

namespace CLI {
class App;
}

namespace scangrad_tools {

struct ProbeOptions {
  std::string command;  // as it is typed: "plot gates"
  std::string run;
  scangrad::Options given;  // the input: options that the row of the run's task lists
};

struct GateProbe {
  struct Layer {
    scangrad::Tensor keep, write;     // (1, T, E): core/observe/gate_watch.h
    scangrad::Tensor start_gradient;  // (1, E): gradient of the result with respect to the layer's h0
  };
  std::string mixer, what;          // `what` describes the input, for a title
  std::vector<std::string> labels;  // for each step: a character, an id or the step's number
  std::vector<Layer> layers;
};

// Errors: a folder without a run, a task or a mixer without gates to show, an option that the task does not take.
GateProbe probe_gates(const ProbeOptions& options);

// Adds the options that choose the input.
void add_probe_options(CLI::App& command, ProbeOptions& options);

}  // namespace scangrad_tools
