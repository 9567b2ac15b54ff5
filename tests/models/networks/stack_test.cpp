#include "../../../models/networks/stack.h"

#include "../../../ops/indexing/slice.h"
#include "../../nn/modules.h"

using namespace scangrad;

namespace {

const StackConfig kFull{.mixer = "mingru", .layers = 2, .dim = 4, .expansion = 2, .kernel = 3, .mlp = 2};

}  // namespace

TEST_CASE("stack: gradients of every parameter and of the input equal central differences") {
  for (const char* mixer : {"mingru", "minlstm"}) {
    for (const bool full : {false, true}) {
      const Params params(4);
      StackConfig config = kFull;
      config.mixer = mixer;
      if (!full) config.kernel = config.mlp = 0;
      const Stack stack(params, config);
      const Tensor x = leaf(random_tensor({2, 4, 4}, 1));
      const auto f = [&] {
        State state(2);
        return stack(x, state);
      };
      CHECK(check_gradients(params, f, {x}) < (kDouble ? 1e-7 : 5e-2));
    }
  }
}

TEST_CASE("stack: every norm, in evaluation and in training, and the gated MLP have right gradients") {
  if (!kDouble) return;  // the differences of float are too coarse for gates behind gates
  for (const NormKind norm : {NormKind::kRms, NormKind::kTorchRms, NormKind::kLayer, NormKind::kBatch}) {
    const Params params(4);
    StackConfig config = kFull;
    config.norm = norm;
    config.mlp = 1.5;
    config.mlp_kind = MlpKind::kGeglu;
    config.mixer.options.set("bias", false);
    const Stack stack(params, config);
    const Tensor x = leaf(random_tensor({3, 5, 4}, 1, -2, 2));
    for (const bool training : {false, true}) {
      const auto f = [&] {
        State state(3);
        Rng rng(1);
        return stack(x, state, {}, training ? &rng : nullptr);
      };
      // A constant on a channel of the last block is what the last norm takes away: no gradient, and differences show
      // rounding only.
      std::vector<Tensor> leaves{x}, without_gradient;
      for (const Param& param : params.list()) {
        const bool shifts = param.name == "blocks.1.conv.pointwise.bias" || param.name == "blocks.1.mlp.to_out.bias";
        (shifts && norm == NormKind::kBatch && training ? without_gradient : leaves).push_back(param.tensor);
      }
      params.zero_grad();
      CHECK(gradcheck(f, leaves) < 1e-7);
      for (const Tensor& bias : without_gradient)
        for (const real slope : bias.grad().values()) CHECK(std::abs(slope) < 1e-12);
    }
  }
}

TEST_CASE("stack: a mixer is told how many layers there are") {
  const auto first = [](int64_t layers) {
    const Params params(4);
    const Stack stack(params, {.mixer = "mamba", .layers = layers, .dim = 4, .expansion = 1});
    return params.find("blocks.0.mixer.out_proj.weight").tensor.data()[0];
  };
  CHECK(first(4) == first(1) / 2);
}

TEST_CASE("stack: the whole sequence, chunks and single steps agree") {
  const Stack stack(Params(4), kFull);
  const Tensor x = random_tensor({2, 8, 4}, 1);
  State once(2);
  const Tensor whole = stack(x, once);
  for (const int64_t stride : {1, 3}) {
    State state(2);
    for (int64_t t = 0; t < 8; t += stride) {
      const int64_t end = std::min<int64_t>(t + stride, 8);
      CHECK(relative_error(stack(slice(x, 1, t, end), state), slice(whole, 1, t, end)) < (kDouble ? 1e-12 : 1e-5));
    }
  }
}

TEST_CASE("stack: recomputed blocks give the same bits, state, dropout and gradients included") {
  std::vector<std::pair<std::string, NormKind>> cases{{"mingru", NormKind::kBatch}};
  for (const std::string& mixer : mixer_names()) cases.emplace_back(mixer, NormKind::kRms);
  for (const auto& [mixer_name, norm_kind] : cases) {
    const std::string mixer = mixer_name;
    const NormKind norm = norm_kind;
    const auto run = [&](bool recompute) {
      StackConfig config = kFull;
      config.mixer = mixer;
      config.dropout = real(0.3);
      config.recompute = recompute;
      config.norm = norm;
      const Params params(4);
      const Stack stack(params, config);
      const Tensor x = leaf(random_tensor({2, 8, 4}, 1));
      State state(2);
      Rng rng(3);
      const Tensor first = stack(slice(x, 1, 0, 3), state, {}, &rng), rest = stack(slice(x, 1, 3, 8), state, {}, &rng);
      backward({first, rest}, {random_tensor(first.shape(), 2), random_tensor(rest.shape(), 3)});
      std::vector<Tensor> result{first.detach(), rest.detach(), x.grad(), params.gradients().clone()};
      for (const auto& [name, tensor] : params.saved()) result.push_back(tensor);
      return result;
    };
    const std::vector<Tensor> plain = run(false), again = run(true);
    for (size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(again[i], plain[i]));
  }
}

TEST_CASE("stack: dropout acts in training only and repeats with its position") {
  StackConfig config = kFull;
  config.dropout = real(0.5);
  const Stack stack(Params(4), config);
  const Tensor x = random_tensor({2, 3, 4}, 1);
  const auto run = [&](Rng* rng) {
    State state(2);
    return stack(x, state, {}, rng);
  };
  Rng rng(1), again(1);
  const Tensor evaluated = run(nullptr), trained = run(&rng);
  CHECK(same_bits(evaluated, run(nullptr)));
  CHECK(!same_bits(evaluated, trained));
  CHECK(same_bits(trained, run(&again)));
}

TEST_CASE("stack: errors name impossible sizes") {
  const auto with = [](auto change) {
    StackConfig config = kFull;
    change(config);
    return error_of([&] { Stack(Params(1), config); });
  };
  CHECK(with([](StackConfig& c) { c.layers = 0; }) == "stack: layers is 0, but at least 1 is needed");
  CHECK(with([](StackConfig& c) { c.kernel = -1; }) == "stack: kernel is -1, but at least 0 is needed");
  CHECK(with([](StackConfig& c) { c.mlp = -2; }) == "stack: mlp is -2, but at least 0 is needed");
  CHECK(with([](StackConfig& c) { c.mlp = 1.3; }) ==
        "stack: mlp is 1.3 at dim 4, but mlp * dim must be a whole number of channels, 1 to 1000000000");
}
