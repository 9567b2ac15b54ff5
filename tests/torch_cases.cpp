// Runs ops and layers on random numbers and writes what went in and what came out, for torch_test.py to compare.
//
//   torch-cases FILE.safetensors
//
// Tensors are called CASE/in/NAME, CASE/out/I, CASE/up/I (the gradient given to output I) and CASE/grad/NAME.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <utility>

#include "../nn/adamw.h"
#include "../nn/safetensors.h"
#include "../ops/activations.h"
#include "../ops/affine.h"
#include "../ops/attention.h"
#include "../ops/batch_norm.h"
#include "../ops/causal_conv.h"
#include "../ops/cross_entropy.h"
#include "../ops/elman.h"
#include "../ops/geglu.h"
#include "../ops/gru.h"
#include "../ops/layer_norm.h"
#include "../ops/lookup.h"
#include "../ops/lstm.h"
#include "../ops/mean_squared_error.h"
#include "../ops/rms_norm.h"
#include "testing.h"

namespace {

using namespace scangrad;

struct Input {
  std::string name;
  Shape shape;
  real low = -1, high = 1;
};
using Tensors = std::vector<Tensor>;

class Cases {
 public:
  void add(const std::string& name, const std::vector<Input>& inputs, const std::function<Tensors(const Tensors&)>& f) {
    Tensors leaves;
    for (const auto& [key, shape, low, high] : inputs) {
      leaves.push_back(leaf(random_tensor(shape, ++seed_, low, high)));
      write(name + "/in/" + key, leaves.back());
    }
    const Tensors outputs = f(leaves);
    Tensors ups;
    for (size_t i = 0; i < outputs.size(); ++i) {
      ups.push_back(random_tensor(outputs[i].shape(), ++seed_));
      write(name + "/out/" + std::to_string(i), outputs[i]);
      write(name + "/up/" + std::to_string(i), ups.back());
    }
    backward(outputs, ups);
    for (size_t i = 0; i < leaves.size(); ++i) write(name + "/grad/" + inputs[i].name, leaves[i].grad());
  }

  void write(const std::string& name, const Tensor& tensor) { writer_.add(name, tensor.clone()); }
  void write(const std::string& name, const Ids& ids) {
    writer_.add(name, std::vector<int64_t>(ids.data(), ids.data() + ids.numel()));
  }
  void save(const std::string& path) const { writer_.save(path); }

 private:
  SafetensorsWriter writer_;
  uint64_t seed_ = 0;
};

struct Sizes {
  int64_t B, T, I, H;
  std::string str() const { return fmt::format("{}x{}x{}x{}", B, T, I, H); }
};
const std::vector<Sizes> kSizes = {{1, 1, 1, 1}, {3, 7, 2, 5}, {8, 33, 16, 64}, {19, 12, 40, 33}};

void recurrent(Cases& cases) {
  for (const auto& [name, gates] : {std::pair{"elman", 1}, {"gru", 3}, {"lstm", 4}}) {
    for (const Sizes& s : kSizes) {
      const std::string kind = name;
      const int64_t G = gates * s.H;
      const real w =
          1 / std::sqrt(static_cast<real>(s.H));  // as layers begin; much larger ones make chaos of any rounding
      std::vector<Input> inputs = {{"x", {s.B, s.T, s.I}, -2, 2},  {"weight_ih", {G, s.I}, -w, w},
                                   {"weight_hh", {G, s.H}, -w, w}, {"bias_ih", {G}, -w, w},
                                   {"bias_hh", {G}, -w, w},        {"h0", {s.B, s.H}}};
      if (kind == "lstm") inputs.push_back({"c0", {s.B, s.H}});
      cases.add(kind + " " + s.str(), inputs, [kind](const Tensors& in) -> Tensors {
        const Tensor p = affine(in[0], in[1], in[3]);
        if (kind == "elman") return {elman(p, in[2], in[4], in[5])};
        if (kind == "gru") return {gru(p, in[2], in[4], in[5])};
        return {lstm(p, in[2], in[4], {in[5], in[6]}).h};
      });
    }
  }
}

void elementwise_ops(Cases& cases) {
  using Op = Tensor (*)(const Tensor&);
  for (const auto& [name, op] : {std::pair<const char*, Op>{"sigmoid", sigmoid},
                                 {"tanh", tanh},
                                 {"exp", exp},
                                 {"softplus", softplus},
                                 {"relu", relu},
                                 {"gelu", gelu},
                                 {"silu", silu}})
    cases.add(name, {{"x", {3, 1000}, -8, 8}}, [op = op](const Tensors& in) { return Tensors{op(in[0])}; });
  cases.add("log", {{"x", {3, 1000}, real(1e-3), 8}}, [](const Tensors& in) { return Tensors{log(in[0])}; });
}

void dense(Cases& cases) {
  for (const Sizes& s : kSizes) {
    cases.add("affine " + s.str(), {{"x", {s.B, s.T, s.I}}, {"weight", {s.H, s.I}}, {"bias", {s.H}}},
              [](const Tensors& in) { return Tensors{affine(in[0], in[1], in[2])}; });
    // Of one or two channels nothing but rounding is left.
    cases.add("layer_norm " + s.str(), {{"x", {s.B, s.T, s.H + 3}, -3, 3}, {"weight", {s.H + 3}}, {"bias", {s.H + 3}}},
              [](const Tensors& in) { return Tensors{layer_norm(in[0], in[1], in[2])}; });
    // Of one or two rows nothing but rounding is left.
    cases.add("batch_norm " + s.str(), {{"x", {s.B + 2, s.T + 2, s.H}, -3, 3}, {"weight", {s.H}}, {"bias", {s.H}}},
              [](const Tensors& in) { return Tensors{batch_norm(in[0], in[1], in[2], channel_statistics(in[0]))}; });
    cases.add("geglu " + s.str(), {{"x", {s.B, s.T, 2 * s.H}, -4, 4}, {"scale", {s.H}}},
              [](const Tensors& in) { return Tensors{geglu(in[0], in[1])}; });
    cases.add("mse " + s.str(), {{"x", {s.B, s.T, s.H}}, {"target", {s.B, s.T, s.H}}},
              [](const Tensors& in) { return Tensors{mean_squared_error(in[0], in[1])}; });
    cases.add("conv " + s.str(), {{"x", {s.B, s.T, s.H}}, {"weight", {4, s.H}}, {"bias", {s.H}}},
              [](const Tensors& in) { return Tensors{causal_conv(in[0], in[1], in[2])}; });
    Ids targets = random_ids({s.B, s.T}, 5, s.H);
    if (targets.numel() > 1) targets.data()[0] = -1;
    cases.write("cross_entropy " + s.str() + "/ids/targets", targets);
    cases.add("cross_entropy " + s.str(), {{"x", {s.B, s.T, s.H}, -5, 5}},
              [targets](const Tensors& in) { return Tensors{cross_entropy(in[0], targets)}; });
    const Ids ids = random_ids({s.B, s.T}, 6, s.I);
    cases.write("lookup " + s.str() + "/ids/ids", ids);
    cases.add("lookup " + s.str(), {{"table", {s.I, s.H}}},
              [ids](const Tensors& in) { return Tensors{lookup(in[0], ids)}; });
  }
  for (const int64_t T : {1, 5, 130})
    cases.add(fmt::format("attention {}", T), {{"qkv", {2, T, 3 * 12}, -2, 2}},
              [](const Tensors& in) { return Tensors{attention(in[0], 3)}; });
}

// Ten steps with given gradients, some of which are clipped.
void adamw(Cases& cases) {
  const Params params(1);
  const Tensor w = params.tensor("w", {50}, normal_init(1));
  AdamW adam(params, {.lr = 1e-2, .weight_decay = 0.1, .clip = 5});
  cases.write("adamw/in/w", w);
  for (int step = 0; step < 10; ++step) {
    const Tensor gradient = random_tensor({50}, static_cast<uint64_t>(100 + step), -2, 2);
    cases.write(fmt::format("adamw/in/gradient{}", step), gradient);
    params.zero_grad();
    backward({w}, {gradient});
    adam.step();
  }
  cases.write("adamw/out/0", w);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: torch-cases FILE.safetensors\n");
    return 2;
  }
  Cases cases;
  recurrent(cases);
  elementwise_ops(cases);
  dense(cases);
  adamw(cases);
  cases.save(argv[1]);
}
