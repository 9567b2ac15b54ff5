// Parameters in files: saves every parameter and buffer of a network under its name, and loads them all or none.
//
//   save_params(params, "model.safetensors", {{"step", "1000"}});
//   load_params(params, SafetensorsFile("model.safetensors"));
//
// The file format is described in core/files/safetensors.h.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../core/files/safetensors.h"
#include "../ops/precision.h"
#include "params.h"

namespace scangrad::SCANGRAD_PRECISION {

// Every parameter and buffer under its name. kBf16 rounds weights: the file has about half the size, and load_params()
// reads it like any other.
SCANGRAD_API void save_params(const Params& params, const std::string& path,
                              const std::map<std::string, std::string>& metadata = {},
                              Precision weights = Precision::kFloat);

// Adds one tensor of a network. kBf16 rounds it if it has two or more axes; biases and norms are small and stay.
SCANGRAD_API void add_weight(SafetensorsWriter& writer, const std::string& name, const Tensor& tensor,
                             Precision weights);

// Sets every parameter and buffer from the tensor that the file holds under the prefix and its name. After an error
// nothing is changed. Errors: a name is missing or, among those with the prefix, not expected; another shape; a dtype
// without real numbers; numbers that are not finite.
SCANGRAD_API void load_params(const Params& params, const SafetensorsFile& file, const std::string& prefix = "");

// Limits for a network that will be loaded from this file, while its sizes come from a description that may be wrong:
// a little more than the file can hold, so that load_params() can say what is missing, and no huge network is built.
SCANGRAD_API ParamLimits limits_of(const SafetensorsFile& file);

// Checks that a file holds these names and no other name with the prefix. The message lists the first missing and
// the first unexpected names.
SCANGRAD_API void check_names(const SafetensorsFile& file, const std::vector<std::string>& names,
                              const std::string& prefix = "");

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
// Copies the numbers of `from` into the tensors of `to` with the same names: into all of them or, after an error, into
// none. `who` begins the messages. Errors: a name is missing or not expected; another shape.
SCANGRAD_API void copy_named(NamedTensors to, const NamedTensors& from, const std::string& who);

}  // namespace scangrad::SCANGRAD_PRECISION
