#include "table.h"

#include <algorithm>

#include "../min_gru.h"
#include "attention.h"
#include "elman.h"
#include "gru.h"
#include "hgrn.h"
#include "lstm.h"
#include "mamba.h"
#include "min_lstm.h"
#include "qrnn.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Heads of 64 channels, as the common networks have them.
Options usual_heads(int64_t dim) {
  Options options;
  options.set("heads", std::max<int64_t>(dim / 64, 1));
  return options;
}

}  // namespace

std::vector<MixerRow> built_in_mixers() {
  return {
      {.name = "mingru",
       .help = "a GRU with gates of the input alone, in parallel over time",
       .make = make_layer<MinGru>,
       .options = MinGru::options(),
       .reverses = true,
       .gated_state = "h",
       .make_plain = make_plain_layer<MinGru>,
       .minimal_form_of = "gru",
       .bench = {.torch_layer = true}},
      {.name = "minlstm",
       .help = "an LSTM with gates of the input alone, in parallel over time",
       .make = make_layer<MinLstm>,
       .options = MinLstm::options(),
       .reverses = true,
       .gated_state = "h",
       .make_plain = make_plain_layer<MinLstm>,
       .minimal_form_of = "lstm",
       .bench = {.torch_layer = true}},
      {.name = "mamba",
       .help = "a selective scan inside a gated block with its own convolution",
       .make = make_layer<Mamba>,
       .options = Mamba::options(),
       .bench = {.network_convolution = false}},
      {.name = "attention",
       .help = "causal multi-head self-attention",
       .make = make_layer<Attention>,
       .options = Attention::options(),
       .family = MixerFamily::kAttention,
       .bench = {.network_convolution = false, .positions = true, .inference = false, .options = usual_heads}},
      {.name = "gru",
       .help = "gated recurrent unit, step by step",
       .make = make_layer<Gru>,
       .family = MixerFamily::kSequential,
       .reverses = true,
       .gated_state = "h",
       .bench = {.torch_layer = true, .loop_gates = 3}},
      {.name = "lstm",
       .help = "long short-term memory, step by step",
       .make = make_layer<Lstm>,
       .family = MixerFamily::kSequential,
       .reverses = true,
       .gated_state = "c",  // its gates act on the cell, which is not the hidden state
       .bench = {.torch_layer = true, .loop_gates = 4}},
      {.name = "elman",
       .help = "the simplest recurrent network, step by step",
       .make = make_layer<Elman>,
       .family = MixerFamily::kSequential,
       .reverses = true,
       .bench = {.inference = false, .torch_layer = true, .loop_gates = 1}},
      {.name = "qrnn",
       .help = "gates from a convolution over the last steps, in parallel over time",
       .make = make_layer<Qrnn>,
       .options = Qrnn::options(),
       .gated_state = "h",
       .make_plain = make_plain_layer<Qrnn>,
       .bench = {.inference = false}},
      {.name = "hgrn",
       .help = "forget gates with lower bounds that grow from layer to layer, in parallel over time",
       .make = make_layer<Hgrn>,
       .options = Hgrn::options(),
       .reverses = true,
       .gated_state = "h",
       .make_plain = make_plain_layer<Hgrn>,
       .bench = {.inference = false}},
  };
}

}  // namespace scangrad::SCANGRAD_PRECISION
