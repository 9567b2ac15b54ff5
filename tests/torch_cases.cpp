// Runs ops and layers on random numbers and writes inputs and results, which torch_test.py compares with PyTorch's.
//
//   torch-cases FILE.safetensors
#include "torch_cases.h"

#include <fmt/format.h>

#include <cstdio>

#include "../core/files/safetensors.h"
#include "../nn/causal_conv.h"
#include "../nn/mixer.h"
#include "../nn/mixers/bidirectional.h"
#include "../nn/mlp.h"
#include "../nn/norm.h"
#include "../nn/training/adamw.h"
#include "../ops/activations.h"
#include "../ops/affine.h"
#include "../ops/arithmetic.h"
#include "../ops/attention/attention.h"
#include "../ops/convolution/causal_conv.h"
#include "../ops/diagonal/boundary_scan.h"
#include "../ops/diagonal/hgrn_scan.h"
#include "../ops/diagonal/log_scan.h"
#include "../ops/diagonal/min_gru_scan.h"
#include "../ops/diagonal/min_lstm_scan.h"
#include "../ops/diagonal/qrnn_scan.h"
#include "../ops/geglu.h"
#include "../ops/indexing/concat.h"
#include "../ops/indexing/lookup.h"
#include "../ops/indexing/rows.h"
#include "../ops/indexing/slice.h"
#include "../ops/losses/cross_entropy.h"
#include "../ops/losses/linear_cross_entropy.h"
#include "../ops/losses/mean_squared_error.h"
#include "../ops/norms/batch_norm.h"
#include "../ops/norms/layer_norm.h"
#include "../ops/norms/rms_norm.h"
#include "../ops/reduce.h"
#include "../ops/scan.h"
#include "../ops/selective/selective_scan.h"
#include "../ops/sequential/elman.h"
#include "../ops/sequential/gru.h"
#include "../ops/sequential/lstm.h"

namespace {

using namespace scangrad;

void elementwise_ops(Cases& cases) {
  using Activation = Tensor (*)(const Tensor&);
  for (const auto& [name, op] : {std::pair<const char*, Activation>{"sigmoid", sigmoid},
                                 {"tanh", tanh},
                                 {"exp", exp},
                                 {"log", log},
                                 {"softplus", softplus},
                                 {"relu", relu},
                                 {"gelu", gelu},
                                 {"silu", silu},
                                 {"positive_g", positive_g},
                                 {"log_g", log_g}})
    cases.each(name, [&, op = op, low = op == static_cast<Activation>(log) ? real(1e-3) : real(-8)](Draw& draw) {
      cases.add(draw, {{"x", draw.tensor({draw.size(17), draw.size(513)}, low, 8)}},
                [op](const Tensors& in) { return Tensors{op(in[0])}; });
    });
  using Pair = Tensor (*)(const Tensor&, const Tensor&);
  for (const auto& [name, op] :
       {std::pair<const char*, Pair>{"add", add}, {"subtract", subtract}, {"multiply", multiply}})
    cases.each(name, [&, op = op](Draw& draw) {
      const Sizes s(draw);
      const int64_t axes = draw.below(3);
      const Shape small = axes == 0 ? Shape{s.D} : axes == 1 ? Shape{s.T, s.D} : s.shape();
      cases.add(draw, {{"a", draw.tensor(s.shape())}, {"b", draw.tensor(small)}},
                [op](const Tensors& in) { return Tensors{op(in[0], in[1])}; });
    });
}

void shape_ops(Cases& cases) {
  cases.each("sum", [&](Draw& draw) {
    const Sizes s(draw);
    const auto axis = static_cast<int>(draw.below(3));
    cases.option("axis", axis);
    cases.add(draw, {{"x", draw.tensor(s.shape(), 0, 1)}}, [axis](const Tensors& in) {
      return Tensors{sum(in[0], axis), sum(in[0]), mean(in[0])};
    });
  });
  cases.each("slice", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t begin = draw.below(s.T), end = begin + 1 + draw.below(s.T - begin);
    cases.option("begin", begin);
    cases.option("end", end);
    cases.add(draw, {{"x", draw.tensor(s.shape())}},
              [=](const Tensors& in) { return Tensors{slice(in[0], 1, begin, end)}; });
  });
  cases.each("concatenate", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw, {{"a", draw.tensor(s.shape())}, {"b", draw.tensor({s.B, draw.size(9), s.D})}},
              [](const Tensors& in) { return Tensors{concatenate(in, 1)}; });
  });
  cases.each("rows", [&](Draw& draw) {
    const Sizes s(draw);
    const Ids rows = draw.ids({draw.size(9)}, s.B);
    cases.ids("rows", rows);
    cases.add(draw, {{"x", draw.tensor(s.shape())}}, [&](const Tensors& in) {
      return Tensors{select_rows(in[0], {rows.data(), rows.data() + rows.numel()})};
    });
  });
  cases.each("lookup", [&](Draw& draw) {
    const Sizes s(draw);
    const Ids ids = draw.ids({s.B, s.T}, draw.size(65));
    cases.ids("ids", ids);
    cases.add(draw, {{"table", draw.tensor({65, s.D})}},
              [&](const Tensors& in) { return Tensors{lookup(in[0], ids)}; });
  });
}

void dense(Cases& cases) {
  cases.each("affine", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t O = draw.size(65);
    cases.add(draw, {{"x", draw.tensor(s.shape())}, {"weight", draw.tensor({O, s.D})}, {"bias", draw.tensor({O})}},
              [](const Tensors& in) { return Tensors{affine(in[0], in[1], in[2])}; });
  });
  cases.each("geglu", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw, {{"x", draw.tensor(s.shape(2), -4, 4)}, {"scale", draw.tensor({s.D})}},
              [](const Tensors& in) { return Tensors{geglu(in[0], in[1])}; });
  });
  cases.each("rms_norm", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t D = s.D + 1;  // of one channel nothing but rounding is left
    cases.add(draw, {{"x", draw.tensor({s.B, s.T, D}, -3, 3)}, {"weight", draw.tensor({D})}},
              [](const Tensors& in) { return Tensors{rms_norm(in[0], in[1], {.eps = real(1e-6)})}; });
  });
  cases.each("layer_norm", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t D = s.D + 3;  // of one or two, likewise
    cases.add(draw,
              {{"x", draw.tensor({s.B, s.T, D}, -3, 3)}, {"weight", draw.tensor({D})}, {"bias", draw.tensor({D})}},
              [](const Tensors& in) { return Tensors{layer_norm(in[0], in[1], in[2])}; });
  });
  cases.each("batch_norm", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw,
              {{"x", draw.tensor({s.B + 2, s.T + 2, s.D}, -3, 3)},
               {"weight", draw.tensor({s.D})},
               {"bias", draw.tensor({s.D})}},
              [](const Tensors& in) { return Tensors{batch_norm(in[0], in[1], in[2], channel_statistics(in[0]))}; });
  });
}

void losses(Cases& cases) {
  const auto targets_of = [&](Draw& draw, int64_t N, int64_t V) {
    Ids targets = draw.ids({N}, V);
    for (int64_t n = 1; n < N; ++n)
      if (draw.below(5) == 0) targets.data()[n] = -1;
    cases.ids("targets", targets);
    return targets;
  };
  cases.each("cross_entropy", [&](Draw& draw) {
    const int64_t N = draw.size(65), V = draw.size(257);
    const Ids targets = targets_of(draw, N, V);
    cases.add(draw, {{"x", draw.tensor({N, V}, -5, 5)}},
              [&](const Tensors& in) { return Tensors{cross_entropy(in[0], targets)}; });
  });
  cases.each("linear_cross_entropy", [&](Draw& draw) {
    const int64_t N = draw.size(65), V = draw.size(257), D = draw.size(33);
    const Ids targets = targets_of(draw, N, V);
    cases.add(draw, {{"x", draw.tensor({N, D})}, {"weight", draw.tensor({V, D})}},
              [&](const Tensors& in) { return Tensors{linear_cross_entropy(in[0], in[1], targets, {}, 5 * V).loss}; });
  });
  cases.each("mse", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw, {{"x", draw.tensor(s.shape())}, {"target", draw.tensor(s.shape())}},
              [](const Tensors& in) { return Tensors{mean_squared_error(in[0], in[1])}; });
  });
}

void scans(Cases& cases) {
  cases.each("scan", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw,
              {{"a", draw.tensor(s.shape(), 0, 1)}, {"b", draw.tensor(s.shape())}, {"h0", draw.tensor({s.B, s.D})}},
              [](const Tensors& in) { return Tensors{scan(in[0], in[1], in[2])}; });
  });
  cases.each("boundary_scan", [&](Draw& draw) {
    const Sizes s(draw);
    const bool reverse = draw.maybe();
    cases.option("reverse", reverse);
    cases.add(draw,
              {{"a", draw.tensor(s.shape(), 0, 1)}, {"b", draw.tensor(s.shape())}, {"h0", draw.tensor({s.B, s.D})}},
              [=](const Tensors& in) {
                return Tensors{boundary_scan(in[0], in[1], in[2], reverse ? Boundaries().reversed() : Boundaries())};
              });
  });
  cases.each("log_scan", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw,
              {{"log_a", draw.tensor(s.shape(), -2, real(-0.1))},
               {"log_b", draw.tensor(s.shape(), -2, 2)},
               {"h0", draw.tensor({s.B, s.D}, real(0.2), 2)}},
              [](const Tensors& in) { return Tensors{log_scan(in[0], in[1], in[2])}; });
  });
}

void gated_scans(Cases& cases) {
  cases.each("min_gru_scan", [&](Draw& draw) {
    const Sizes s(draw);
    const bool identity = draw.maybe();
    cases.option("identity", identity);
    cases.add(draw, {{"projection", draw.tensor(s.shape(2), -4, 4)}, {"h0", draw.tensor({s.B, s.D})}},
              [=](const Tensors& in) {
                return Tensors{min_gru_scan(in[0], in[1], identity ? Candidate::kIdentity : Candidate::kG)};
              });
  });
  cases.each("min_lstm_scan", [&](Draw& draw) {
    const Sizes s(draw);
    const bool identity = draw.maybe(), normalised = draw.maybe();
    cases.option("identity", identity);
    cases.option("normalised", normalised);
    cases.add(draw, {{"projection", draw.tensor(s.shape(3), -4, 4)}, {"h0", draw.tensor({s.B, s.D})}},
              [=](const Tensors& in) {
                return Tensors{min_lstm_scan(in[0], in[1], normalised ? Gates::kNormalised : Gates::kPlain,
                                             identity ? Candidate::kIdentity : Candidate::kG)};
              });
  });
  cases.each("qrnn_scan", [&](Draw& draw) {
    const Sizes s(draw);
    cases.add(draw, {{"projection", draw.tensor(s.shape(2), -4, 4)}, {"c0", draw.tensor({s.B, s.D})}},
              [](const Tensors& in) { return Tensors{qrnn_scan(in[0], in[1])}; });
  });
  cases.each("hgrn_scan", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t layers = 1 + draw.below(4), layer = draw.below(layers);
    cases.option("layer", layer);
    cases.add(draw,
              {{"projection", draw.tensor(s.shape(2), -4, 4)},
               {"logits", draw.tensor({layers, s.D})},
               {"h0", draw.tensor({s.B, s.D})}},
              [=](const Tensors& in) { return Tensors{hgrn_scan(in[0], hgrn_lower_bound(in[1], layer), in[2])}; });
  });
  cases.each("selective_scan", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t N = draw.size(9);
    cases.add(draw,
              {{"x", draw.tensor(s.shape())},
               {"pre", draw.tensor(s.shape(), -3, 1)},
               {"A_log", draw.tensor({s.D, N})},
               {"bc", draw.tensor({s.B, s.T, 2 * N})},
               {"D", draw.tensor({s.D})},
               {"h0", draw.tensor({s.B, s.D, N})}},
              [](const Tensors& in) {
                const Scanned scanned = selective_scan(in[0], in[1], in[2], in[3], in[4], in[5]);
                return Tensors{scanned.y, scanned.last};
              });
  });
}

void windows(Cases& cases) {
  cases.each("conv", [&](Draw& draw) {
    const Sizes s(draw);
    const int64_t taps = 1 + draw.below(5);
    cases.add(draw,
              {{"x", draw.tensor(s.shape())},
               {"weight", draw.tensor({taps, s.D})},
               {"bias", draw.tensor({s.D})},
               {"tail", draw.tensor({s.B, taps - 1, s.D})}},
              [](const Tensors& in) { return Tensors{causal_conv(in[0], in[1], in[2], in[3])}; });
  });
  cases.each("attention", [&](Draw& draw) {
    const int64_t heads = draw.size(3), D = heads * draw.size(17), T = draw.maybe() ? draw.size(129) : draw.size(17);
    cases.option("heads", heads);
    cases.add(draw, {{"qkv", draw.tensor({draw.size(3), T, 3 * D}, -2, 2)}},
              [=](const Tensors& in) { return Tensors{attention(in[0], heads)}; });
  });
}

void recurrent(Cases& cases) {
  for (const auto& [name, gates] : {std::pair{"elman", 1}, {"gru", 3}, {"lstm", 4}})
    cases.each(name, [&, kind = std::string(name), gates = gates](Draw& draw) {
      const Sizes s(draw);
      const int64_t H = draw.size(65), G = gates * H;
      // The bound of the initial weights. Much larger weights would amplify every rounding error.
      const real w = 1 / std::sqrt(static_cast<real>(H));
      Cases::Inputs inputs{{"x", draw.tensor(s.shape(), -2, 2)},      {"weight_ih", draw.tensor({G, s.D}, -w, w)},
                           {"weight_hh", draw.tensor({G, H}, -w, w)}, {"bias_ih", draw.tensor({G}, -w, w)},
                           {"bias_hh", draw.tensor({G}, -w, w)},      {"h0", draw.tensor({s.B, H})}};
      if (kind == "lstm") inputs.emplace_back("c0", draw.tensor({s.B, H}));
      cases.add(draw, inputs, [kind](const Tensors& in) -> Tensors {
        const Tensor p = affine(in[0], in[1], in[3]);
        if (kind == "elman") return {elman(p, in[2], in[4], in[5])};
        if (kind == "gru") return {gru(p, in[2], in[4], in[5])};
        return {lstm(p, in[2], in[4], {in[5], in[6]}).h};
      });
    });
}

void layers(Cases& cases) {
  for (const std::string& name : mixer_names())
    cases.each("layer_" + name, [&](Draw& draw) {
      const Params params(draw.seed());
      const int64_t B = draw.size(3), T = draw.size(17), dim = draw.size(33);
      const auto mixer = make_mixer(name, params,
                                    {.dim = dim,
                                     .expansion = double(1 + draw.below(2)),
                                     .options = known_options(mixer_row(name).options, {{"states", 5}})});
      cases.add_layer(draw, params, draw.tensor({B, T, dim}, -2, 2), [&](const Tensor& x) {
        State state(B);
        return (*mixer)(x, state);
      });
    });
  cases.each("bidirectional_gru", [&](Draw& draw) {
    const Params params(draw.seed());
    const int64_t B = draw.size(3), T = draw.size(17), dim = draw.size(33);
    const Bidirectional layer(params, "gru", {.dim = dim}, Merge::kConcatenate);
    cases.add_layer(draw, params, draw.tensor({B, T, dim}, -2, 2), [&](const Tensor& x) {
      State state(B);
      return layer(x, state);
    });
  });
  cases.each("mlp", [&](Draw& draw) {
    const Params params(draw.seed());
    const Sizes s(draw);
    const bool gated = draw.maybe();
    const Mlp layer(params, s.D, draw.size(65), 0, gated ? MlpKind::kGeglu : MlpKind::kGelu);
    cases.add_layer(draw, params, draw.tensor(s.shape()), [&](const Tensor& x) { return layer(x); });
  });
  cases.each("norm", [&](Draw& draw) {
    const Params params(draw.seed());
    const Sizes s(draw);
    const int64_t kind = draw.below(4);
    const Norm layer(params, s.D + 3, static_cast<NormKind>(kind));
    cases.option("kind", kind);
    cases.add_layer(draw, params, draw.tensor({s.B + 2, s.T + 2, s.D + 3}),
                    [&](const Tensor& x) { return layer(x, /*training=*/true); });
  });
  cases.each("causal_conv", [&](Draw& draw) {
    const Params params(draw.seed());
    const Sizes s(draw);
    const CausalConv layer(params, s.D, 1 + draw.below(5));
    cases.add_layer(draw, params, draw.tensor(s.shape()), [&](const Tensor& x) {
      State state(s.B);
      return layer(x, state);
    });
  });
}

// Ten steps with given gradients, some of which are clipped.
void adamw(Cases& cases) {
  cases.each("adamw", [&](Draw& draw) {
    const Params params(1);
    const Tensor w = params.tensor("w", {draw.size(129)}, normal_init(1));
    AdamW adam(params, {.lr = 1e-2, .weight_decay = 0.1, .clip = 5});
    cases.write("/in/w", w);
    for (int step = 0; step < 10; ++step) {
      const Tensor gradient = draw.tensor(w.shape(), -2, 2);
      cases.write(fmt::format("/in/gradient{}", step), gradient);
      params.zero_grad();
      backward({w}, {gradient});
      adam.step();
    }
    cases.write("/out/0", w);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: torch-cases FILE.safetensors\n");
    return 2;
  }
  Cases cases;
  for (const auto part :
       {elementwise_ops, shape_ops, dense, losses, scans, gated_scans, windows, recurrent, layers, adamw})
    part(cases);
  cases.save(argv[1]);
}
