#include "foreign_weights.h"

#include <algorithm>
#include <set>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../nn/mixers/min_lstm.h"
#include "../../nn/norm.h"
#include "../../nn/saved_params.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// What rules depend on.
enum Traits : unsigned {
  kAny = 0,
  kLucidrains = 1,
  kBorealis = 2,
  kWeightNorms = 4,  // RMSNorms keep `weight`, or `gamma`
  kGammaNorms = 8,
  kBatchNorms = 16,
  kMinLstm = 32,
};

struct Form {
  const char* name;
  unsigned traits;
};
constexpr Form kForms[] = {{"lucidrains", kLucidrains | kWeightNorms},
                           {"lucidrains-gamma", kLucidrains | kGammaNorms},
                           {"borealis", kBorealis | kGammaNorms}};

// How a tensor lies in theirs.
enum class Layout {
  kSame,
  kTaps,      // (K, D) is (D, 1, K): a filter for each channel
  kOneTap,    // (D, D) is (D, D, 1)
  kPlusOne,   // gamma is a weight
  kMinusOne,  // a weight is gamma
  kCount,     // a real number is an integer without a shape
};

enum class Layer { kOther, kDepthwise, kPointwise, kNorm };

// The table of names, for both directions: where our layers stand in theirs, and what their tensors are called there. #
// is the number of a block. The first rule that fits counts; a tensor without a rule has the same name and layout.
struct LayerRule {
  const char *ours, *theirs;
  Layer layer = Layer::kOther;
  unsigned needs = kAny;
};
constexpr LayerRule kLayers[] = {
    {"embedding", "token_emb"},
    {"blocks.#.conv.depthwise", "layers.#.0.net.0", Layer::kDepthwise},
    {"blocks.#.conv.pointwise", "layers.#.0.net.1", Layer::kPointwise},
    {"blocks.#.norm", "layers.#.1", Layer::kNorm},
    {"blocks.#.mixer.to_hidden_and_gate", "layers.#.2.to_hidden_and_f_i_gate", Layer::kOther, kLucidrains | kMinLstm},
    {"blocks.#.mixer.to_hidden_and_gate", "layers.#.2.to_hidden_and_gate"},
    {"blocks.#.mixer.to_out", "layers.#.2.to_out"},
    {"blocks.#.mixer.h0", "layers.#.2.init_hidden_state"},
    {"blocks.#.mlp_norm", "layers.#.3", Layer::kNorm},
    {"blocks.#.mlp.to_hidden", "layers.#.4.0"},
    {"blocks.#.mlp.mult_bias", "layers.#.4.1.mult_bias"},
    {"blocks.#.mlp.to_out", "layers.#.4.2"},
    {"norm", "norm", Layer::kNorm},
    {"head", "to_logits", Layer::kOther, kLucidrains},
    {"head", "to_out", Layer::kOther, kBorealis},
};
struct TensorRule {
  Layer layer;
  const char *ours, *theirs;
  Layout layout = Layout::kSame;
  unsigned needs = kAny;
};
constexpr TensorRule kTensors[] = {
    {Layer::kDepthwise, "weight", "weight", Layout::kTaps},
    {Layer::kPointwise, "weight", "weight", Layout::kOneTap},
    {Layer::kNorm, "gamma", "weight", Layout::kPlusOne, kWeightNorms},
    {Layer::kNorm, "weight", "norm.weight", Layout::kSame, kBatchNorms},
    {Layer::kNorm, "weight", "gamma", Layout::kMinusOne, kGammaNorms},
    {Layer::kNorm, "bias", "norm.bias"},
    {Layer::kNorm, "running_mean", "norm.running_mean"},
    {Layer::kNorm, "running_var", "norm.running_var"},
    {Layer::kNorm, "batches", "norm.num_batches_tracked", Layout::kCount},
};

unsigned traits_of(const ForeignNetwork& network) {
  const auto* const form =
      std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& each) { return each.name == network.form; });
  check(form != std::end(kForms), "foreign_weights: form is '{}', but one of {} is needed; the nearest is '{}'",
        network.form, joined(foreign_forms()), nearest(network.form, foreign_forms()));
  return form->traits | (network.config.stack.norm == NormKind::kBatch ? kBatchNorms : kAny) |
         (network.config.stack.mixer.name == "minlstm" ? kMinLstm : kAny);
}

struct Place {
  std::string name;
  Layout layout;
};

// Where a tensor of ours is found in theirs.
Place place_of(const std::string& name, const ForeignNetwork& network) {
  const unsigned traits = traits_of(network);
  std::string path = name, number;
  if (path.starts_with("blocks.")) {
    const size_t begin = path.find('.') + 1, length = path.find('.', begin) - begin;
    number = path.substr(begin, length);
    path.replace(begin, length, "#");
  }
  for (const LayerRule& layer : kLayers) {
    const std::string ours = layer.ours;
    if ((layer.needs & ~traits) != 0 || !(path + ".").starts_with(ours + ".")) continue;
    Place place{layer.theirs, Layout::kSame};
    if (const size_t hash = place.name.find('#'); hash != std::string::npos) place.name.replace(hash, 1, number);
    if (path == ours) return place;
    std::string tensor = path.substr(ours.size() + 1);
    for (const TensorRule& rule : kTensors) {
      if (rule.layer != layer.layer || rule.ours != tensor || (rule.needs & ~traits) != 0) continue;
      tensor = rule.theirs;
      place.layout = rule.layout;
      break;
    }
    place.name += "." + tensor;
    return place;
  }
  fail("foreign_weights: {} has no place for {}", network.form, name);
}

Shape their_shape(const Shape& ours, Layout layout) {
  switch (layout) {
    case Layout::kTaps:
      return {ours[1], 1, ours[0]};
    case Layout::kOneTap:
      return {ours[0], ours[1], 1};
    case Layout::kCount:
      return {};
    default:
      return ours;
  }
}

// The numbers of a tensor in the other layout, from ours to theirs or back.
Tensor rearranged(const Tensor& from, const Shape& to, Layout layout, bool back) {
  Tensor result(to);
  real* const out = result.mutable_data();
  const real* const in = from.data();
  const int64_t count = from.numel(), rows = layout == Layout::kTaps ? from.size(0) : 1, columns = count / rows;
  const bool up = (layout == Layout::kPlusOne) != back;
  const real shift = layout != Layout::kPlusOne && layout != Layout::kMinusOne ? 0 : up ? 1 : -1;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      const real number = in[r * columns + c];
      out[c * rows + r] = shift == 0 ? number : number + shift;  // -0 stays
    }
  }
  return result;
}

struct Counterpart {
  Tensor ours;
  Place theirs;
  Shape shape() const { return their_shape(ours.shape(), theirs.layout); }
};

// Every tensor of a file in their form.
std::vector<Counterpart> counterparts(const Params& params, const ForeignNetwork& network) {
  std::vector<std::pair<std::string, Tensor>> ours = params.saved();
  const StackConfig& config = network.config.stack;
  if ((traits_of(network) & kBorealis) != 0 && config.mlp == 0) {
    const Params idle(0);  // the norms before feed-forward networks that are not there
    for (int64_t i = 0; i < config.layers; ++i) Norm(idle / "blocks" / i / "mlp_norm", config.dim, config.norm);
    for (const auto& each : idle.saved()) ours.push_back(each);
  }
  std::vector<Counterpart> result;
  for (const auto& [name, tensor] : ours) result.push_back({tensor, place_of(name, network)});
  return result;
}

// The options of this library that a network in that form would need, as far as this one has others.
std::vector<std::string> obstacles(const ForeignNetwork& network) {
  const LanguageModelConfig& c = network.config;
  const StackConfig& stack = c.stack;
  const std::string& mixer = stack.mixer.name;
  const bool lucidrains = (traits_of(network) & kLucidrains) != 0, lstm = mixer == "minlstm";
  const bool known = mixer == "mingru" || lstm;
  const Options options = mixer_options(known ? stack.mixer : MixerChoice());
  const bool bias = options.get<bool>("bias"), to_out = options.get<bool>("to_out");
  std::vector<std::string> result;
  const auto needs = [&](bool holds, const char* option) {
    if (!holds) result.emplace_back(option);
  };
  needs(known, "--mixer mingru or minlstm");
  needs(options.get<Candidate>("candidate") == Candidate::kG, "--candidate g");
  needs(c.positions == 0, "--positions 0");
  needs(!c.tied, "--no-tied");
  if (lucidrains) {
    needs(stack.norm == NormKind::kRms || stack.norm == NormKind::kTorchRms, "--norm torch-rms or rms");
    needs(stack.mlp > 0, "--mlp 4");
    needs(stack.mlp_kind == MlpKind::kGelu, "--mlp-kind gelu");
    needs(!bias, "--no-bias");
    needs(!options.get<bool>("learned_h0"), "--no-learned-h0");
    needs(!lstm || options.get<Gates>("gates") == Gates::kNormalised, "--gates normalised");
    needs(to_out == (stack.expansion != 1), to_out ? "--no-to-out" : "--to-out");
    needs(c.outputs == 0 || c.outputs == c.vocab, "as many outputs as tokens");
  } else {
    needs(stack.norm != NormKind::kLayer, "--norm rms or batch");
    needs(stack.mlp == 0 || stack.mlp_kind == MlpKind::kGeglu, "--mlp-kind geglu");
    needs(bias, "--bias");
    needs(to_out, "--to-out");
  }
  return result;
}

// Reads sizes off a file, by our names.
class Sizes {
 public:
  Sizes(const SafetensorsFile& file, const ForeignNetwork& network) : file_(file), network_(network) {}

  bool has(const std::string& name) const { return file_.has(place_of(name, network_).name); }
  // What is not there is missed later, together with all else: until then it counts as 1.
  int64_t size(const std::string& name, int axis) const {
    if (!has(name)) return 1;
    const std::string theirs = place_of(name, network_).name;
    const Shape& shape = file_.entry(theirs).shape;
    check(axis < shape.rank() && shape.numel() > 0,
          "foreign_weights: {}: {} has shape {}, but {} or more axes are needed, none of size 0", file_.path(), theirs,
          shape, axis + 1);
    return shape[axis];
  }

 private:
  const SafetensorsFile& file_;
  const ForeignNetwork& network_;
};

// The form whose head is in the file, and whose norms are if possible.
ForeignNetwork form_of(const SafetensorsFile& file) {
  const std::vector<std::pair<const char*, NormKind>> known = {{"lucidrains", NormKind::kTorchRms},
                                                               {"lucidrains-gamma", NormKind::kRms},
                                                               {"borealis", NormKind::kRms},
                                                               {"borealis", NormKind::kBatch}};
  ForeignNetwork result;
  for (const auto& [form, norm] : known) {
    ForeignNetwork network{form, {.stack = {.norm = norm}}};
    const Sizes sizes(file, network);
    if (!sizes.has("head.weight")) continue;
    const bool fits = sizes.has(norm == NormKind::kRms ? "norm.gamma" : "norm.weight");
    if (fits) return network;
    if (result.form.empty()) result = network;
  }
  if (!result.form.empty()) return result;
  std::set<std::string> names;
  for (const SafetensorsFile::Entry& entry : file.entries()) names.insert(entry.name);
  fail(
      "foreign_weights: {} is of no known form: it has neither to_logits.weight (lucidrains) nor to_out.weight "
      "(borealis), but {} other tensors{}",
      file.path(), names.size(), names.empty() ? "" : " such as " + *names.begin());
}

int64_t count_layers(const SafetensorsFile& file) {
  std::set<std::string> found;
  for (const SafetensorsFile::Entry& entry : file.entries())
    found.insert(entry.name.substr(0, entry.name.find('.', 7)));
  int64_t layers = 0;
  while (found.count("layers." + std::to_string(layers)) > 0) ++layers;
  return std::max<int64_t>(layers, 1);
}

}  // namespace

std::vector<std::string> foreign_forms() {
  std::vector<std::string> names;
  for (const Form& form : kForms) names.emplace_back(form.name);
  return names;
}

ForeignNetwork foreign_network(const SafetensorsFile& file) {
  ForeignNetwork network = form_of(file);
  const bool borealis = (traits_of(network) & kBorealis) != 0;
  StackConfig& stack = network.config.stack;
  const Sizes sizes(file, network);
  network.config.vocab = sizes.size("embedding.weight", 0);
  network.config.outputs = sizes.size("head.weight", 0);
  stack.dim = sizes.size("embedding.weight", 1);
  stack.layers = count_layers(file);
  stack.kernel = sizes.has("blocks.0.conv.depthwise.weight") ? sizes.size("blocks.0.conv.depthwise.weight", 2) : 0;

  const std::string gate = "blocks.0.mixer.to_hidden_and_gate.weight", out = "blocks.0.mixer.to_out.weight";
  stack.mixer.name = "minlstm";  // by its own name of the projection, or by the projection's rows
  if (!sizes.has(gate)) stack.mixer.name = "mingru";
  const bool to_out = borealis || sizes.has(out);
  const int64_t inner = to_out ? sizes.size(out, 1) : stack.dim;
  if (sizes.has(gate)) {
    const int64_t rows = sizes.size(gate, 0);
    check(rows == 2 * inner || rows == 3 * inner, "foreign_weights: {}: {} has {} rows, but 2 or 3 times {} are needed",
          file.path(), place_of(gate, network).name, rows, inner);
    stack.mixer.name = rows == 2 * inner ? "mingru" : "minlstm";
  }
  stack.mixer.options = {
      {"learned_h0", borealis && sizes.has("blocks.0.mixer.h0")}, {"bias", borealis}, {"to_out", to_out}};
  if (stack.mixer.name == "minlstm") stack.mixer.options.set("gates", borealis ? Gates::kPlain : Gates::kNormalised);
  const auto multiple = [&](int64_t channels) {
    return static_cast<double>(channels) / static_cast<double>(stack.dim);
  };
  stack.expansion = multiple(inner);
  stack.mlp = sizes.has("blocks.0.mlp.to_out.weight") ? multiple(sizes.size("blocks.0.mlp.to_out.weight", 1)) : 0;
  stack.mlp_kind = borealis ? MlpKind::kGeglu : MlpKind::kGelu;
  return network;
}

void load_foreign(const Params& params, const ForeignNetwork& network, const SafetensorsFile& file) {
  std::vector<Counterpart> all = counterparts(params, network);
  std::vector<std::string> names;
  for (const Counterpart& each : all) names.push_back(each.theirs.name);
  check_names(file, names);

  std::vector<Tensor> tensors;  // all of them before the first one changes
  for (const auto& [ours, theirs] : all) {
    const Shape &shape = file.entry(theirs.name).shape, needed = their_shape(ours.shape(), theirs.layout);
    check(shape == needed, "foreign_weights: {}: {} has shape {}, but {} is needed", file.path(), theirs.name, shape,
          needed);
    tensors.push_back(theirs.layout == Layout::kCount
                          ? Tensor::full(ours.shape(), static_cast<real>(file.integers(theirs.name)[0]))
                          : rearranged(file.finite_tensor(theirs.name), ours.shape(), theirs.layout, /*back=*/true));
  }
  for (size_t i = 0; i < all.size(); ++i) all[i].ours.copy_from(tensors[i]);
}

void save_foreign(const Params& params, const ForeignNetwork& network, const std::string& path, Precision weights) {
  const std::vector<std::string> missing = obstacles(network);
  check(missing.empty(), "foreign_weights: {} has no such network; it would take {}", network.form, joined(missing));
  SafetensorsWriter writer;
  writer.add_metadata("format", "pt");
  for (const auto& [ours, theirs] : counterparts(params, network)) {
    if (theirs.layout == Layout::kCount)
      writer.add(theirs.name, static_cast<int64_t>(ours.item()));
    else
      add_weight(writer, theirs.name, rearranged(ours, their_shape(ours.shape(), theirs.layout), theirs.layout, false),
                 weights);
  }
  writer.save(path);
}

}  // namespace scangrad::SCANGRAD_PRECISION
