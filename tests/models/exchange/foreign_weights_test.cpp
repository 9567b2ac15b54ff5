#include "../../../models/exchange/foreign_weights.h"

#include <filesystem>
#include <limits>

#include "../../../nn/mixers/min_lstm.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr const char* kFile = "theirs.safetensors";

// Networks of either form as small as they can be told apart.
const LanguageModelConfig kLucidrains{.vocab = 5,
                                      .stack = {.mixer = {"mingru", {{"learned_h0", false}, {"bias", false}}},
                                                .layers = 2,
                                                .dim = 4,
                                                .expansion = 1.5,
                                                .kernel = 3,
                                                .mlp = 4,
                                                .norm = NormKind::kTorchRms}};
const LanguageModelConfig kBorealis{.vocab = 5,
                                    .outputs = 3,
                                    .stack = {.mixer = "minlstm",
                                              .layers = 2,
                                              .dim = 4,
                                              .expansion = 2,
                                              .kernel = 4,
                                              .mlp = 2,
                                              .mlp_kind = MlpKind::kGeglu,
                                              .norm = NormKind::kBatch}};

// As published, minLSTM has normalised gates.
void to_min_lstm(LanguageModelConfig& config) {
  config.stack.mixer.name = "minlstm";
  config.stack.mixer.options.set("gates", Gates::kNormalised);
}

struct Network {
  explicit Network(const LanguageModelConfig& config, uint64_t seed = 1) : params(seed), model(params, config) {
    for (const auto& [name, tensor] : params.saved()) {
      const bool is_count = name.ends_with("batches"), is_variance = name.ends_with("var");
      Tensor(tensor).copy_from(is_count ? Tensor({1}, {static_cast<real>(++seed)})
                                        : random_tensor(tensor.shape(), ++seed, is_variance ? real(0.5) : -1, 2));
    }
  }
  Tensor logits() const {
    State state = model.start(2);
    return model(random_ids({2, 6}, 1, model.config().vocab), state);
  }
  Params params;
  LanguageModel model;
};

std::map<std::string, Shape> shapes(const SafetensorsFile& file) {
  std::map<std::string, Shape> result;
  for (const auto& entry : file.entries()) result[entry.name] = entry.shape;
  return result;
}

// What reading a file says where tensors of a network were renamed, left out (to "") or added (from "").
std::string error_with(const std::string& form, const LanguageModelConfig& config,
                       const std::vector<std::pair<std::string, std::string>>& changes) {
  const TemporaryFolder folder;
  const Network network(config);
  save_foreign(network.params, {form, config}, folder.file("whole"));
  const SafetensorsFile whole(folder.file("whole"));
  SafetensorsWriter writer;
  for (const auto& entry : whole.entries()) {
    std::string name = entry.name;
    for (const auto& [from, to] : changes)
      if (from == entry.name) name = to;
    if (name.empty()) continue;
    if (entry.dtype == "I64")
      writer.add(name, whole.integers(entry.name)[0]);
    else
      writer.add(name, whole.tensor(entry.name));
  }
  for (const auto& [from, to] : changes)
    if (from.empty()) writer.add(to, Tensor::zeros({2, 3}));
  const std::string path = folder.file(kFile);
  writer.save(path);
  const std::string message = error_of([&] {
    const SafetensorsFile file(path);
    const ForeignNetwork found = foreign_network(file);
    const Network other(found.config);
    load_foreign(other.params, found, file);
  });
  const size_t at = message.find(path);
  return at == std::string::npos ? message : message.substr(0, at) + "FILE" + message.substr(at + path.size());
}

}  // namespace

TEST_CASE("foreign_weights: weights converted there and back are the same, bit by bit") {
  std::vector<ForeignNetwork> cases = {{"lucidrains", kLucidrains}, {"borealis", kBorealis}};
  const auto add = [&](const char* form, LanguageModelConfig config, auto change) {
    change(config);
    cases.push_back({form, config});
  };
  add("lucidrains", kLucidrains, [](auto& c) { to_min_lstm(c); });
  add("lucidrains", kLucidrains,
      [](auto& c) { c.stack.kernel = 0, c.stack.expansion = 1, c.stack.mixer.options.set("to_out", false); });
  add("lucidrains-gamma", kLucidrains, [](auto& c) { c.stack.norm = NormKind::kRms; });
  add("lucidrains-gamma", kLucidrains, [](auto& c) { c.stack.norm = NormKind::kRms, to_min_lstm(c); });
  add("borealis", kBorealis, [](auto& c) { c.stack.norm = NormKind::kRms, c.stack.mixer = "mingru"; });
  add("borealis", kBorealis,
      [](auto& c) { c.stack.mlp = 0, c.stack.mixer.options.set("learned_h0", false), c.stack.expansion = 1; });
  add("borealis", kBorealis, [](auto& c) { c.stack.dim = 3, c.stack.mlp = 5 / 3.0, c.stack.expansion = 7 / 3.0; });
  for (const ForeignNetwork& network : cases) {
    INFO(network.form, " ", network.config.stack.mixer.name);
    const TemporaryFolder folder;
    const std::string path = folder.file(kFile);
    const Network ours(network.config);
    save_foreign(ours.params, network, path);
    const SafetensorsFile file(path);
    const ForeignNetwork found = foreign_network(file);
    CHECK(found.form == network.form);
    CHECK(found.config.stack.mixer.name == network.config.stack.mixer.name);
    CHECK(found.config.stack.kernel == network.config.stack.kernel);
    const Network again(found.config, 9);
    load_foreign(again.params, found, file);
    const auto a = ours.params.saved(), b = again.params.saved();
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      CHECK(a[i].first == b[i].first);
      CHECK(same_bits(a[i].second, b[i].second));
    }
    save_foreign(again.params, found, folder.file("again"));
    CHECK(read_file(folder.file("again")) == read_file(path));
    CHECK(mixer_options(found.config.stack.mixer) == mixer_options(network.config.stack.mixer));
    CHECK(same_bits(again.logits(), ours.logits()));
  }
}

TEST_CASE("foreign_weights: names and shapes are the published ones") {
  const TemporaryFolder folder;
  const auto saved = [&](const ForeignNetwork& network) {
    save_foreign(Network(network.config).params, network, folder.file(kFile));
    return shapes(SafetensorsFile(folder.file(kFile)));
  };
  LanguageModelConfig config = kLucidrains;
  config.stack.layers = 1;
  std::map<std::string, Shape> minlm{{"token_emb.weight", {5, 4}},
                                     {"layers.0.0.net.0.weight", {4, 1, 3}},
                                     {"layers.0.0.net.0.bias", {4}},
                                     {"layers.0.0.net.1.weight", {4, 4, 1}},
                                     {"layers.0.0.net.1.bias", {4}},
                                     {"layers.0.1.weight", {4}},
                                     {"layers.0.2.to_hidden_and_gate.weight", {12, 4}},
                                     {"layers.0.2.to_out.weight", {4, 6}},
                                     {"layers.0.3.weight", {4}},
                                     {"layers.0.4.0.weight", {16, 4}},
                                     {"layers.0.4.0.bias", {16}},
                                     {"layers.0.4.2.weight", {4, 16}},
                                     {"layers.0.4.2.bias", {4}},
                                     {"norm.weight", {4}},
                                     {"to_logits.weight", {5, 4}}};
  CHECK(saved({"lucidrains", config}) == minlm);
  to_min_lstm(config);
  minlm.erase("layers.0.2.to_hidden_and_gate.weight");
  minlm["layers.0.2.to_hidden_and_f_i_gate.weight"] = {18, 4};
  CHECK(saved({"lucidrains", config}) == minlm);

  config = kBorealis;
  config.stack.layers = 1;
  std::map<std::string, Shape> model{{"token_emb.weight", {5, 4}},
                                     {"layers.0.0.net.0.weight", {4, 1, 4}},
                                     {"layers.0.0.net.0.bias", {4}},
                                     {"layers.0.0.net.1.weight", {4, 4, 1}},
                                     {"layers.0.0.net.1.bias", {4}},
                                     {"layers.0.2.to_hidden_and_gate.weight", {24, 4}},
                                     {"layers.0.2.to_hidden_and_gate.bias", {24}},
                                     {"layers.0.2.to_out.weight", {4, 8}},
                                     {"layers.0.2.to_out.bias", {4}},
                                     {"layers.0.2.init_hidden_state", {8}},
                                     {"layers.0.4.0.weight", {16, 4}},
                                     {"layers.0.4.0.bias", {16}},
                                     {"layers.0.4.1.mult_bias", {8}},
                                     {"layers.0.4.2.weight", {4, 8}},
                                     {"layers.0.4.2.bias", {4}},
                                     {"to_out.weight", {3, 4}}};
  for (const std::string norm : {"layers.0.1", "layers.0.3", "norm"}) {
    for (const char* tensor : {"weight", "bias", "running_mean", "running_var"}) model[norm + ".norm." + tensor] = {4};
    model[norm + ".norm.num_batches_tracked"] = {};
  }
  CHECK(saved({"borealis", config}) == model);

  // Without a feed-forward network its norm is there nevertheless, as it starts.
  config.stack.norm = NormKind::kRms;
  config.stack.mlp = 0;
  CHECK(saved({"borealis", config}).count("layers.0.3.gamma") == 1);
  CHECK(SafetensorsFile(folder.file(kFile)).tensor("layers.0.3.gamma").values() == std::vector<real>(4, 0));
}

TEST_CASE("foreign_weights: a norm of the older or newer released code is converted to the requested one") {
  for (const auto& [kind, form, tensor, shift] :
       {std::tuple{NormKind::kRms, "lucidrains", "norm.weight", 1},
        std::tuple{NormKind::kTorchRms, "lucidrains-gamma", "norm.gamma", -1}}) {
    LanguageModelConfig config = kLucidrains;
    config.stack.norm = kind;
    const TemporaryFolder folder;
    const std::string path = folder.file(kFile);
    const Network ours(config);
    save_foreign(ours.params, {form, config}, path);
    const SafetensorsFile file(path);
    const Tensor before = ours.params.find(kind == NormKind::kRms ? "norm.gamma" : "norm.weight").tensor;
    for (int64_t i = 0; i < 4; ++i) CHECK(file.tensor(tensor).data()[i] == before.data()[i] + static_cast<real>(shift));
    const ForeignNetwork found = foreign_network(file);
    CHECK(found.config.stack.norm != kind);
    const Network theirs(found.config, 9);
    load_foreign(theirs.params, found, file);
    CHECK(relative_error(theirs.logits(), ours.logits()) < 1e-5);  // but for eps
  }
}

TEST_CASE("foreign_weights: an error lists the first missing and the first unexpected names") {
  CHECK(error_with("lucidrains", kLucidrains,
                   {{"layers.1.3.weight", "layers.1.3.scale"}, {"layers.0.4.0.bias", ""}, {"", "extra"}}) ==
        "safetensors: FILE lacks layers.0.4.0.bias, layers.1.3.weight, and has unexpected \"layers.1.3.scale\", "
        "\"extra\"");
  CHECK(error_with("lucidrains", kLucidrains, {{"", "layers.0.2.to_hidden_and_gate.bias"}}) ==
        "safetensors: FILE has unexpected \"layers.0.2.to_hidden_and_gate.bias\"");
  CHECK(error_with("lucidrains", kLucidrains, {{"norm.weight", "norm.gamma"}}).substr(0, 65) ==
        "safetensors: FILE lacks layers.0.1.gamma, layers.0.3.gamma, layer");
  // A network on real numbers, which has a Linear where tokens have vectors.
  const std::string on_numbers =
      error_with("borealis", kBorealis, {{"token_emb.weight", "layer_in.weight"}, {"", "layer_in.bias"}});
  CHECK(on_numbers ==
        "safetensors: FILE lacks token_emb.weight, and has unexpected \"layer_in.weight\", \"layer_in.bias\"");
}

TEST_CASE("foreign_weights: numbers that are not finite are named, and change nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.file(kFile);
  const Network network(kLucidrains), other(kLucidrains, 9);
  Tensor bias = network.params.find("blocks.1.mlp.to_out.bias").tensor;
  bias.mutable_data()[2] = -std::numeric_limits<real>::infinity();
  save_foreign(network.params, {"lucidrains", kLucidrains}, path);
  const Tensor before = other.params.values().clone();
  const SafetensorsFile file(path);
  CHECK(error_of([&] { load_foreign(other.params, foreign_network(file), file); }) ==
        "safetensors: " + path + ": \"layers.1.4.2.bias\" holds -inf at element 2, but finite numbers are needed");
  CHECK(same_bits(other.params.values(), before));
}

TEST_CASE("foreign_weights: files of no known form and sizes that contradict each other are named") {
  CHECK(error_with("borealis", kBorealis, {{"to_out.weight", "head.weight"}}) ==
        "foreign_weights: FILE is of no known form: it has neither to_logits.weight (lucidrains) nor to_out.weight "
        "(borealis), but 55 other tensors such as head.weight");
  CHECK(
      error_with("borealis", kBorealis, {{"layers.1.2.init_hidden_state", ""}, {"", "layers.1.2.init_hidden_state"}}) ==
      "foreign_weights: FILE: layers.1.2.init_hidden_state has shape [2, 3], but [8] is needed");
  CHECK(error_with("lucidrains", kLucidrains, {{"layers.0.2.to_out.weight", ""}, {"", "layers.0.2.to_out.weight"}}) ==
        "foreign_weights: FILE: layers.0.2.to_hidden_and_gate.weight has 12 rows, but 2 or 3 times 3 are needed");
  CHECK(
      error_with("lucidrains", kLucidrains, {{"layers.0.0.net.0.weight", ""}, {"", "layers.0.0.net.0.weight"}}) ==
      "foreign_weights: FILE: layers.0.0.net.0.weight has shape [2, 3], but 3 or more axes are needed, none of size 0");
}

TEST_CASE("foreign_weights: an error says what a network would need for a format") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& form, const LanguageModelConfig& config) {
    const std::string message = error_of([&] {
      save_foreign(Network(config).params, {form, config}, folder.file(kFile));
    });
    CHECK(!std::filesystem::exists(folder.file(kFile)));
    return message;
  };
  CHECK(refused("lucidrians", kLucidrains) ==
        "foreign_weights: form is 'lucidrians', but one of lucidrains, lucidrains-gamma, borealis is needed; the "
        "nearest is 'lucidrains'");
  CHECK(refused("lucidrains", kBorealis) ==
        "foreign_weights: lucidrains has no such network; it would take --norm torch-rms or rms, --mlp-kind gelu, "
        "--no-bias, --no-learned-h0, --gates normalised, as many outputs as tokens");
  CHECK(refused("borealis", kLucidrains) ==
        "foreign_weights: borealis has no such network; it would take --mlp-kind geglu, --bias");
  LanguageModelConfig config{.vocab = 5,
                             .positions = 8,
                             .tied = true,
                             .stack = {.mixer = "attention", .layers = 1, .dim = 4, .norm = NormKind::kLayer}};
  CHECK(refused("borealis", config) ==
        "foreign_weights: borealis has no such network; it would take --mixer mingru or minlstm, "
        "--positions 0, --no-tied, --norm rms or batch");
  config.stack.mixer = {"minlstm", {{"candidate", Candidate::kIdentity}, {"bias", false}, {"to_out", false}}};
  config.stack.expansion = 1;
  CHECK(refused("borealis", config) ==
        "foreign_weights: borealis has no such network; it would take --candidate g, --positions 0, --no-tied, "
        "--norm rms or batch, --bias, --to-out");
  config = kLucidrains;
  config.stack.mlp = 0;
  CHECK(refused("lucidrains", config) == "foreign_weights: lucidrains has no such network; it would take --mlp 4");
  config = kLucidrains;
  config.stack.expansion = 1;
  CHECK(refused("lucidrains", config) == "foreign_weights: lucidrains has no such network; it would take --no-to-out");

  const Network more(kLucidrains);
  more.params.tensor("extra", {1}, constant_init(0));
  CHECK(error_of([&] {
          save_foreign(more.params, {"lucidrains", kLucidrains}, folder.file(kFile));
        }) == "foreign_weights: lucidrains has no place for extra");
}
