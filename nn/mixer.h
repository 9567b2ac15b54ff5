// What mixes information over time inside a block, chosen by name: the one interface with virtual functions.
//
// A mixer maps x (B, T, D) to (B, T, D). It reads its part of the state and replaces it by the one after the last step,
// so the same call serves training, long prompts and single steps: a decoding step is a sequence of length one.
//
//   auto mixer = make_mixer("mingru", params / "mixer", {.dim = 64, .expansion = 4});
//   State state(/*rows=*/8);
//   Tensor y = (*mixer)(x, state);
//
// Each mixer is one row: its name, its options, and what others ask about it. The rows of this library stand in
// mixers/table.cpp. A program that embeds the library adds its own:
//
//   register_mixer({.name = "toy", .help = "a toy", .make = make_layer<Toy>, .options = {{"taps", 2, "steps seen"}}});
//
// Errors: an unknown name (the message gives the nearest one), a name that is registered twice, an option that the
// mixer does not have (the message says which mixer has it), and what the mixer refuses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../core/random.h"
#include "../core/tensor.h"
#include "../ops/boundaries.h"
#include "options.h"
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

// What a network tells its mixers. Those that have no use for a size ignore it.
struct MixerConfig {
  int64_t dim = 64;                    // D, channels in and out
  double expansion = 1;                // inner channels E = expansion * D, a whole number
  double dropout = 0;                  // of attention
  int64_t layers = 1;                  // blocks of the network around it, by which initialisations scale
  int64_t layer = 0;                   // which of these blocks it is in, counted from 0
  std::optional<Params> network = {};  // where its blocks find what they share; unset: each has its own
  Options options = {};                // the mixer's own, by name; what is not given has its default
};

// A mixer by name, with the options that are not at their defaults: "mingru", or {"mamba", {{"states", 32}}}.
struct MixerChoice {
  MixerChoice(const char* its_name = "mingru") : name(its_name) {}
  MixerChoice(std::string its_name) : name(std::move(its_name)) {}
  MixerChoice(std::string its_name, Options its_options) : name(std::move(its_name)), options(std::move(its_options)) {}

  std::string name;
  Options options;
};

using MixerMaker = std::function<std::unique_ptr<Mixer>(const Params&, const MixerConfig&)>;

enum class MixerFamily {
  kDiagonal,    // a linear recurrence, channel by channel: parallel over time
  kSequential,  // a loop over time with a matrix product in each step
  kAttention,   // every step looks at all steps before it: time and memory grow with the square of the length
};

// What benchmarks need to know.
struct MixerBench {
  bool network_convolution = true;  // in a network that has convolutions before its mixers, this one gets them too
  bool positions = false;           // the network must add positions, since this mixer does not see order
  bool inference = true;            // `bench inference` measures it unless other mixers are named
  bool torch_layer = false;         // tools/bench/peer has it: `bench layer` measures it
  int64_t loop_gates = 0;           // gates of the matrix product inside the time loop
  Options (*options)(int64_t dim) = nullptr;  // options that suit this width; null: the defaults do
};

// One row of the table of mixers.
struct MixerRow {
  std::string name;  // as it is typed
  std::string help;  // one line
  MixerMaker make;
  OptionList options = {};
  MixerFamily family = MixerFamily::kDiagonal;
  bool reverses = false;         // can run from the last step to the first: bidirectional.h
  std::string gated_state = {};  // the part of its state that its gates act on, told to GateWatch; empty: none to show
  MixerMaker make_plain = {};    // the same network by plain ops instead of fused ones, for checks; empty: none
  std::string minimal_form_of = {};  // the network that it simplifies, if that is in the table
  MixerBench bench = {};
};

// The maker of a layer with a constructor (params, config).
template <class Layer>
std::unique_ptr<Mixer> make_layer(const Params& params, const MixerConfig& config) {
  return std::make_unique<Layer>(params, config);
}

SCANGRAD_API std::unique_ptr<Mixer> make_mixer(const std::string& name, const Params& params,
                                               const MixerConfig& config);

SCANGRAD_API void register_mixer(MixerRow row);
// All names, or those of the wanted rows, in the order of the table.
SCANGRAD_API std::vector<std::string> mixer_names(const std::function<bool(const MixerRow&)>& wanted = nullptr);
// Stays valid for the whole run of the program.
SCANGRAD_API const MixerRow& mixer_row(const std::string& name);
// Every option of the chosen mixer: what is given, checked, or its default.
SCANGRAD_API Options mixer_options(const MixerChoice& choice);
// "states is an option of mamba": which mixers have an option; empty: none has.
SCANGRAD_API std::string owners_of_option(const std::string& option);

// E of a config. Errors: dim or E below 1, E not a whole number.
SCANGRAD_API int64_t inner_channels(const std::string& unit, const MixerConfig& config);
// A multiple of dim that is a whole number of channels up to rounding; `what` names unit and factor in messages.
SCANGRAD_API int64_t multiple_of_dim(const std::string& what, double factor, int64_t dim);

}  // namespace scangrad::SCANGRAD_PRECISION
