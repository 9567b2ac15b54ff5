// What mixes information over time inside a block, chosen by name: the one interface with virtual functions.
//
// A mixer maps x (B, T, D) to (B, T, D). It reads its part of the state and replaces it by the one after the last step,
// so the same call serves training, long prompts and single steps: a decoding step is a sequence of length one.
//
//   auto mixer = make_mixer("mingru", params / "mixer", {.dim = 64, .expansion = 4});
//   State state(/*rows=*/8);
//   Tensor y = (*mixer)(x, state);
//
// mixer.cpp holds the one table of names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../core/random.h"
#include "../core/tensor.h"
#include "../ops/boundaries.h"
#include "../ops/diagonal/candidate.h"
#include "../ops/diagonal/min_lstm_scan.h"
#include "params.h"
#include "state.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Mixer {
 public:
  virtual ~Mixer() = default;
  // `training` draws dropout masks, in mixers that have any; null: evaluation.
  virtual Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {},
                            Rng* training = nullptr) const = 0;
};

// Where a recurrence is computed: as it stands, or through logarithms as in the paper's appendix B.
enum class Space { kLinear, kLog };

// The options of every mixer; each takes what concerns it. Defaults are the released code's.
struct MixerConfig {
  int64_t dim = 64;                     // D, channels in and out
  double expansion = 1;                 // inner channels E = expansion * D, a whole number
  Candidate candidate = Candidate::kG;  // what the candidate goes through; identity needs linear space
  Space space = Space::kLinear;
  Gates gates = Gates::kPlain;  // minLSTM: whether f and i are normalised to f + i = 1
  double forget_bias = 3;       // minLSTM: added to the forget gate's bias at initialisation
  bool learned_h0 = true;       // whether a sequence starts from a learned state instead of zero
  bool bias = true;             // minGRU, minLSTM: whether the projections have biases
  bool to_out = true;           // minGRU, minLSTM: whether a projection leads from E channels back to D; else E is D
  int64_t states = 16;          // Mamba: N, states per channel
  int64_t heads = 1;            // attention: heads, each of dim / heads channels
  double dropout = 0;           // attention: of its probabilities and of its result
  int64_t layers = 1;           // blocks of the network around it, by which initialisations scale
};

// Errors: an unknown name (the message gives the nearest one), and what the mixer refuses.
SCANGRAD_API std::unique_ptr<Mixer> make_mixer(const std::string& name, const Params& params,
                                               const MixerConfig& config);
SCANGRAD_API std::vector<std::string> mixer_names();

// E of a config. Errors: dim or E below 1, E not a whole number.
SCANGRAD_API int64_t inner_channels(const std::string& unit, const MixerConfig& config);
// A multiple of dim that is a whole number of channels up to rounding; `what` names unit and factor in messages.
SCANGRAD_API int64_t multiple_of_dim(const std::string& what, double factor, int64_t dim);

}  // namespace scangrad::SCANGRAD_PRECISION
