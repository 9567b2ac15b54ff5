// scangrad params: compares the number of weights of minGRU and minLSTM with those of the GRU and the LSTM. It counts
// as section 3 of the paper does: all weight matrices of a layer, without biases and without the projection back to
// `dim`.
//
//   scangrad params --dim 64
//   ...
//   expansion          GRU      minGRU                 LSTM     minLSTM
//           1        24576        8192    33 %        32768       12288    38 %
//   ...
//   the paper: 33, 22, 17, 13 % and 38, 25, 19, 15 %
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "../../core/check.h"
#include "../../nn/mixer.h"
#include "../line/help_text.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

int64_t weights_of(const std::string& mixer, int64_t dim, int64_t expansion) {
  const Params params(1);
  make_mixer(mixer, params, {.dim = dim, .expansion = static_cast<double>(expansion)});
  int64_t count = 0;
  for (const Param& param : params.list())
    if (param.tensor.shape().rank() == 2 && param.name != "to_out.weight") count += param.tensor.numel();
  return count;
}

int show_params(int64_t dim) {
  check(dim >= 1, "params: dim is {}, but at least 1 is needed", dim);
  fmt::print("weights of one layer at width {}\n{:>9}{:>13}{:>12}{:>8}{:>13}{:>12}{:>8}\n", dim, "expansion", "GRU",
             "minGRU", "", "LSTM", "minLSTM", "");
  for (const int64_t expansion : {1, 2, 3, 4}) {
    fmt::print("{:>9}", expansion);
    for (const auto& [whole, minimal] : {std::pair("gru", "mingru"), {"lstm", "minlstm"}}) {
      const int64_t many = weights_of(whole, dim, expansion), few = weights_of(minimal, dim, expansion);
      fmt::print("{:>13}{:>12}{:>6.0f} %", many, few, 100 * static_cast<double>(few) / static_cast<double>(many));
    }
    fmt::print("\n");
  }
  fmt::print("the paper: 33, 22, 17, 13 % and 38, 25, 19, 15 %\n");
  return 0;
}

}  // namespace

Run add_params(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("params", "weights of minGRU and minLSTM compared with GRU and LSTM");
  set_example(*command, "params --dim 256");
  const auto dim = std::make_shared<int64_t>(64);
  command->add_option("--dim", *dim, "channels in and out")->capture_default_str();
  return [dim] { return show_params(*dim); };
}

}  // namespace scangrad_tools
