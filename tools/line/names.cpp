#include "names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "../../core/files/text.h"

namespace scangrad_tools {
namespace {

using Words = std::vector<std::string>;

// What it is called here, and in other programs.
struct Synonyms {
  std::string ours;
  Words theirs;
};

// Names that begin alike are found without this table: --batch-size is near to --batch.
const std::vector<Synonyms> kSynonyms = {
    {"--lr", {"--learning-rate", "--step-size", "--eta"}},
    {"--min-lr", {"--min-learning-rate", "--final-lr"}},
    {"--steps", {"--max-iters", "--iters", "--iterations", "--num-steps", "--max-steps", "--n-steps"}},
    {"--batch", {"--bs", "--train-batch-size"}},
    {"--layers", {"--n-layer", "--n-layers", "--num-layers", "--depth"}},
    {"--dim", {"--n-embd", "--d-model", "--hidden", "--hidden-size", "--hidden-dim", "--embed-dim", "--width"}},
    {"--heads", {"--n-head", "--n-heads", "--num-heads", "--nhead"}},
    {"--mlp", {"--ffn", "--d-ff"}},
    {"--states", {"--d-state"}},
    {"--kernel", {"--conv", "--d-conv"}},
    {"--length", {"--block-size", "--seq-len", "--seq-length", "--sequence-length", "--context-length", "--bptt"}},
    {"--vocab", {"--n-vocab", "--num-tokens"}},
    {"--weight-decay", {"--wd"}},
    {"--clip", {"--grad-clip", "--max-grad-norm"}},
    {"--accumulate", {"--gradient-accumulation-steps", "--grad-accum-steps"}},
    {"--eval-every", {"--val-every", "--val-loss-every"}},
    {"--save-every", {"--checkpoint-every"}},
    {"--positions", {"--max-seq-len", "--max-position-embeddings"}},
    {"--recompute", {"--gradient-checkpointing", "--checkpointing"}},
    {"--mixer", {"--model", "--arch", "--cell", "--rnn-type", "--layer"}},
    {"--data", {"--dataset", "--input", "--input-file", "--file", "--train-file", "--text-file"}},
    {"--out", {"--output", "--output-dir", "--save-dir", "--log-dir", "-o"}},
    {"--resume", {"--init-from", "--checkpoint", "--load", "--restore", "--continue"}},
    {"--threads", {"--workers", "--num-workers", "--n-jobs", "-j"}},
    {"--tokens", {"--max-new-tokens", "--max-tokens"}},
    {"--prompt", {"--start"}},
    {"--horizon", {"--forecast-length", "--pred-len"}},
    {"--version", {"-v", "-V"}},
    {"--help", {"-?"}},
    {"train", {"fit", "learn"}},
    {"eval", {"test", "validate", "score"}},
    {"sample", {"generate", "write"}},
    {"forecast", {"predict"}},
    {"plot", {"draw", "curve"}},
    {"text", {"lm", "language", "shakespeare"}},
    {"sequences", {"classify", "labels"}},
};

// Words for which there is no option or command here.
const std::vector<Synonyms> kNotHere = {
    {"scangrad computes on the CPU, so leave it out", {"--device", "--gpu", "--gpus", "--cuda", "--mps"}},
    {"scangrad computes in float, so leave it out", {"--dtype", "--precision", "--amp", "--bf16", "--fp16", "--half"}},
    {"there is nothing to compile, so leave it out", {"--compile"}},
    {"training is counted in steps: --steps", {"--epochs", "--num-epochs", "--max-epochs"}},
    {"to continue a run: train --resume RUN", {"resume", "continue"}},
    {"the optimizer is AdamW, so leave it out", {"--optimizer", "--optim"}},
    {"every run keeps metrics.csv and files for TensorBoard, so leave it out",
     {"--wandb", "--wandb-log", "--tensorboard"}},
};

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// As options are written here: --n_layer and --N-Layer are --n-layer. A single letter keeps its case.
std::string usual(std::string word) {
  if (word.size() <= 2) return word;
  for (char& c : word) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

// Whether a word with at least three letters, besides the dashes of an option, begins the other.
bool begins(const std::string& word, const std::string& other) {
  const size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  return word.size() >= dashes + 3 && other.compare(0, word.size(), word) == 0;
}

// One that differs by a letter, else one that begins alike, else the one with the smallest edit distance.
std::string likeliest(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = scangrad::nearest(word, known);
  if (scangrad::edit_distance(word, nearest) <= 1) return nearest;
  std::string longest;
  for (const std::string& each : known) {
    if (begins(word, each)) return each;
    if (begins(each, word) && each.size() > longest.size()) longest = each;
  }
  return longest.empty() ? nearest : longest;
}

// Words that share few letters have nothing to do with each other.
bool is_near(const std::string& word, const std::string& known) {
  const auto distance = static_cast<size_t>(scangrad::edit_distance(word, known));
  const size_t letters = std::max(word.size(), known.size()) - std::min(known.find_first_not_of('-'), known.size());
  return distance <= 1 || 2 * distance < letters || begins(word, known) || begins(known, word);
}

}  // namespace

std::string meant(const std::string& typed, const std::vector<std::string>& known) {
  const std::string word = usual(typed);
  if (contains(known, word)) return fmt::format("; here it is '{}'", word);
  for (const auto& [why, theirs] : kNotHere)
    if (contains(theirs, word)) return "; " + why;
  for (const auto& [ours, theirs] : kSynonyms)
    if (contains(theirs, word) && contains(known, ours)) return fmt::format("; here it is '{}'", ours);
  const std::string likely = likeliest(word, known);
  return likely.empty() || !is_near(word, likely) ? "" : fmt::format("; the nearest is '{}'", likely);
}

}  // namespace scangrad_tools
