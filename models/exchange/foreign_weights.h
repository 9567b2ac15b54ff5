// Weights of the published PyTorch implementations, under their names and in their layouts, to and from a network here.
//
//   lucidrains          github.com/lucidrains/minGRU-pytorch from 0.1 on: norms are PyTorch's, with `weight`
//   lucidrains-gamma    the same up to 0.0.14: norms keep `gamma`, which is weight - 1
//   borealis            github.com/BorealisAI/minRNNs, the paper's released code: Model on tokens
//
//   const SafetensorsFile file("theirs.safetensors");
//   const ForeignNetwork network = foreign_network(file);
//   Params params(1);
//   LanguageModel model(params, network.config);
//   load_foreign(params, network, file);
//   save_foreign(params, network, "back.safetensors");
//
// In the float build float32 tensors that go back in the form they came in are the same, bit by bit, and counts of
// batches up to 2^24. Tensors of other types are written as real, and between weight and gamma the 1 is added in real,
// which rounds. What names and shapes do not tell is set as published: lucidrains' minLSTM has
// normalised gates, the released code's plain ones unless it was trained with use_coeff_norm. A network can be saved in
// any form that has all of its parts, RMSNorms with gamma as well where weight is asked for, and the other way round;
// what a form must have and the network has not is an error.
//
// The logits of whole sequences are the published ones. With a carried state the published code contradicts itself, and
// this library continues from the state as it is: lucidrains' minLSTM takes a carried state through g in parallel but
// not step by step, its minGRU did so until 2024-12, and the released code's parallel form repeats a carried state of B
// rows B times. The released code has a norm before its feed-forward network even where that network is switched off:
// this norm is not read, and is written with its initial values.
//
// Errors: a file of no known form, sizes that contradict each other, numbers that are not finite, and names that do not
// match; the message has the first on both sides.
#pragma once

#include <string>
#include <vector>

#include "../../core/files/safetensors.h"
#include "../../nn/params.h"
#include "../../ops/precision.h"
#include "../networks/language_model.h"

namespace scangrad::SCANGRAD_PRECISION {

struct ForeignNetwork {
  std::string form;  // a name of foreign_forms()
  LanguageModelConfig config;
};

SCANGRAD_API std::vector<std::string> foreign_forms();
// What the names and shapes in a file tell.
SCANGRAD_API ForeignNetwork foreign_network(const SafetensorsFile& file);
// Sets every parameter and buffer, or none.
SCANGRAD_API void load_foreign(const Params& params, const ForeignNetwork& network, const SafetensorsFile& file);
// kBf16: see save_params() in nn/saved_params.h.
SCANGRAD_API void save_foreign(const Params& params, const ForeignNetwork& network, const std::string& path,
                               Precision weights = Precision::kFloat);

}  // namespace scangrad::SCANGRAD_PRECISION
