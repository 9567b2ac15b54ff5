#include "text_row.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "../../../core/check.h"
#include "../../data/synthetic_text.h"
#include "../../runs/config_fields.h"
#include "../token_network.h"
#include "../token_reading.h"
#include "text_sample.h"
#include "text_task.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

OptionList options() {
  const TextTaskConfig standard;
  return {
      {"data", "",
       "text file, or folder with nanoGPT's train.bin and val.bin (default: synthetic text of known entropy)", kFirst},
      {"level", Level::kBytes, "what a token is; ids for a folder", kFirst},
      {"length", standard.length, "tokens of a window", kFirst},
      {"chunks", standard.chunks, "compute a window in this many parts: the exact gradient in the memory of one part"},
      {"stream", standard.stream, "read contiguous streams with a carried state instead of random windows", kFixed},
      {"validation_windows", standard.validation_windows, "windows of each validation; 0: the whole validation part"},
  };
}

// The language model of the paper, with nanoGPT's schedule.
Options shakespeare() {
  return {{"level", "char"}, {"layers", 3},      {"dim", 384},      {"expansion", 2},      {"kernel", 4},
          {"mlp", 4},        {"dropout", 0.2},   {"batch", 64},     {"steps", 600},        {"lr", 1e-3},
          {"min_lr", 1e-4},  {"warmup", 100},    {"beta2", 0.99},   {"weight_decay", 0.1}, {"decay_policy", "standard"},
          {"clip", 0.25},    {"eval_every", 25}, {"log_every", 25}, {"save_every", 25}};
}

Options tiny() {
  Options fields = shakespeare();
  for (const auto& [name, value] : Options{{"level", "bytes"},
                                           {"length", 128},
                                           {"layers", 2},
                                           {"dim", 192},
                                           {"dropout", 0},
                                           {"batch", 32},
                                           {"steps", 700},
                                           {"lr", 3e-3},
                                           {"min_lr", 2e-4},
                                           {"warmup", 50},
                                           {"clip", 1},
                                           {"eval_every", 100},
                                           {"save_every", 100}})
    fields.set(name, value);
  return fields;
}

SyntheticText synthetic_text() {
  return SyntheticText(/*seed=*/1);
}

// The text that a configuration names; where it names none, synthetic text with known entropy.
TextData open_text(const std::string& path, Level level, const Vocabulary* vocabulary) {
  if (!path.empty()) return TextData::open(path, level, vocabulary);
  return TextData::from_text(synthetic_text().text(1'000'000), level, "synthetic text", vocabulary);
}

TextTaskConfig task_config(const RunConfig& config) {
  return {.length = config.get<int64_t>("length"),
          .batch = config.batch,
          .accumulate = config.train.accumulate,
          .seed = static_cast<uint64_t>(config.train.seed),
          .chunks = config.get<int64_t>("chunks"),
          .stream = config.get<bool>("stream"),
          .validation_windows = config.get<int64_t>("validation_windows")};
}

void build_network(TrainedRun& run) {
  run.model = std::make_unique<LanguageModel>(run.params, token_network(run.config, run.vocabulary.size()));
}

SaveKept saving(const Vocabulary& vocabulary) {
  return [vocabulary](const std::string& folder) { vocabulary.save(folder + "/vocab.json"); };
}

Vocabulary kept_vocabulary(const KeptTexts& kept) {
  return Vocabulary::parse(kept.text("vocab.json"), kept.source("vocab.json"));
}

void build(TrainedRun& run, const KeptTexts& kept) {
  run.vocabulary = kept_vocabulary(kept);
  build_network(run);
}

std::string report(const TrainResult& result, const LanguageModel& model, const TextData& data,
                   const RunConfig& config) {
  const bool on_all = config.get<int64_t>("validation_windows") == 0;
  const Evaluation best = on_all ? result.best
                                 : evaluate_text(model, data.validation(), config.get<int64_t>("length"),
                                                 config.batch / config.train.accumulate);
  std::string lines =
      fmt::format("validation loss {:.4f} nats a token, perplexity {:.2f} (best weights, every token)\n", best.loss,
                  std::exp(best.loss));
  if (config.get<std::string>("data").empty())
    lines += fmt::format("the entropy of the source is {:.4f} nats a character: no network can do better\n",
                         synthetic_text().entropy_per_character());
  return lines;
}

OpenTask open(TrainedRun& run, const KeptTexts& kept) {
  const RunConfig& config = run.config;
  const std::string path = config.get<std::string>("data");
  if (!kept.empty()) run.vocabulary = kept_vocabulary(kept);  // ids keep their meaning
  const auto data =
      std::make_shared<TextData>(open_text(path, config.get<Level>("level"), kept.empty() ? nullptr : &run.vocabulary));
  run.vocabulary = data->vocabulary();
  const int64_t length = config.get<int64_t>("length"), positions = config.get<int64_t>("positions");
  check(positions == 0 || positions >= length, "scangrad: positions is {}, but windows have {} tokens", positions,
        length);
  build_network(run);
  const LanguageModel& model = *run.model;
  OpenTask opened;
  opened.task = text_task(model, *data, task_config(config));
  if (path.empty()) opened.task.data_fingerprint = kMadeUp;
  opened.title = path.empty() ? "synthetic text" : std::filesystem::path(path).filename().string();
  opened.summary = fmt::format("{}: {} training and {} validation tokens of {} kinds", opened.title,
                               data->training().size(), data->validation().size(), run.vocabulary.size());
  opened.save = saving(run.vocabulary);
  opened.report = [&model, data, config](const TrainResult& result) { return report(result, model, *data, config); };
  return opened;
}

// Without --data the validation part of the run's own text, with it the whole of another text.
std::string evaluate(TrainedRun& run, const Options& given) {
  const RunConfig& config = run.config;
  const std::string other = given.get<std::string>("data");
  const TextData data =
      open_text(other.empty() ? config.get<std::string>("data") : other, config.get<Level>("level"), &run.vocabulary);
  const Tokens& tokens = other.empty() ? data.validation() : data.all();
  int64_t length = given.get<int64_t>("length"), batch = given.get<int64_t>("batch");
  if (length == 0) length = config.get<int64_t>("length");
  if (batch == 0) batch = config.batch / config.train.accumulate;
  const Evaluation result = evaluate_text(*run.model, tokens, length, batch);
  std::string line =
      fmt::format("loss {:.4f} nats a token, perplexity {:.3f}, accuracy {:.2f} % on {} tokens in windows of {}",
                  result.loss, std::exp(result.loss), 100 * result.accuracy, tokens.size() - 1, length);
  if (const double bytes = bytes_per_token(tokens, run.vocabulary); bytes > 0)
    line += fmt::format(", {:.4f} bits per byte", result.loss / std::log(2.0) / bytes);
  return line + "\n";
}

// A token as it is shown under a picture: what is invisible gets a sign or its number.
std::string shown(const std::string& token) {
  if (token == " ") return "\u2423";
  if (token == "\n") return "\u21b5";
  if (token == "\t") return "\u21e5";
  const auto byte = static_cast<unsigned char>(token.empty() ? 0 : token[0]);
  const bool is_alone = token.size() == 1 && (byte < 32 || byte > 126);  // a byte of a longer character, or of none
  return is_alone ? fmt::format("{:02x}", byte) : token;
}

GateReading gates(const TrainedRun& run, const Options& given) {
  const std::string text = given.get<std::string>("text");
  check(!text.empty(), "gates: {} was trained on a text, so --text \"...\" is needed", run.folder);
  const std::vector<int32_t> tokens = run.vocabulary.encode(text, "--text");
  GateReading reading{"a text", {}, read_tokens(*run.model, Ids({1, std::ssize(tokens)}, tokens))};
  for (const int32_t token : tokens) reading.labels.push_back(shown(run.vocabulary.decode(token)));
  return reading;
}

// Every text has bytes, but not every one has the same characters.
std::vector<std::string> next(const RunConfig& config) {
  const bool reads_anything = config.get<Level>("level") == Level::kBytes;
  return {"sample RUN", reads_anything && shows_gates(config) ? "gates RUN --text 'To be or not to be'" : "eval RUN"};
}

// What the ids of published weights stand for: bytes where there are 256, else the characters of a text, else numbers.
// A text is opened, so that one on which the run cannot be trained is an error.
Adopted adopt(RunConfig& config, int64_t vocab, const std::string& data) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(data, error);
  const Level level = vocab == 256 && !is_folder  ? Level::kBytes
                      : data.empty() || is_folder ? Level::kIds
                                                  : Level::kChar;
  config.options.set("level", level);
  config.options.set("data", data);
  if (level != Level::kChar) {
    const Vocabulary known = level == Level::kBytes ? Vocabulary::bytes() : Vocabulary::ids(vocab);
    if (!data.empty()) TextData::open(data, level, &known);
    const bool is_unknown = data.empty() && level == Level::kIds;
    return {saving(known), is_unknown ? "to train or evaluate it: convert with --data, the text of its tokens\n" : ""};
  }
  const Vocabulary characters = TextData::open(data, level).vocabulary();
  check(characters.size() == vocab, "convert: the weights have {} tokens, but {} has {} characters", vocab, data,
        characters.size());
  return {saving(characters), ""};
}

}  // namespace

TaskRow text_row() {
  TaskRow row;
  row.name = "text";
  row.help = "predict the next byte, character or token of a text";
  row.options = options();
  row.network = token_options();
  row.presets = {{"tiny", "2 layers, width 192, windows of 128 bytes: a few minutes", tiny()},
                 {"shakespeare", "the paper's network on characters: 3 layers, width 384, 600 steps", shakespeare()}};
  row.files = {"data"};
  row.kept = {"vocab.json"};
  row.example = "--data input.txt --level char";
  row.loss_label = "loss (nats per token)";
  row.build = build;
  row.open = open;
  row.eval_options = {{"data", "", "another text (default: the validation part of the run's own)"},
                      {"length", 0, "tokens of a window (default: as trained)"},
                      {"batch", 0, "windows at a time (default: as trained)"}};
  row.evaluate = evaluate;
  row.gate_options = {{"text", "", "the text to read"}};
  row.gates = gates;
  row.next = next;
  row.sample = sample_text;
  row.preset_for_weights = "shakespeare";
  row.adopt = adopt;
  return row;
}

}  // namespace scangrad::SCANGRAD_PRECISION
