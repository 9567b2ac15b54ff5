// A trained network reads something once, and its gates are watched.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "../../core/tensor.h"
#include "../../nn/options.h"

namespace scangrad_tools {

struct ProbeOptions {
  std::string run;
  scangrad::Options given;  // what is read: the options in the row of the run's task
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

// Errors: a folder without a run, a task or a mixer without gates to show, an option that the task does not take.
GateProbe probe_gates(const ProbeOptions& options);

// The options that say what is read.
void add_probe_options(CLI::App& command, ProbeOptions& options);

}  // namespace scangrad_tools
