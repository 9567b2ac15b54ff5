// scangrad convert: published PyTorch weights to a run, and a run to published weights
// (models/exchange/foreign_weights.h).
//
//   python3 tools/pt_to_safetensors.py theirs.pt theirs.safetensors
//   scangrad convert theirs.safetensors --out runs/theirs --data input.txt         its tokens: that text's characters
//   lucidrains' mingru: 3 layers, width 384, 65 tokens; 5587968 parameters in runs/theirs
//   to let it write: scangrad sample runs/theirs
//
//   scangrad train text --resume runs/theirs --steps 100                           trains on, with a fresh optimizer
//   scangrad convert runs/theirs --to lucidrains --out back.safetensors
//   5587968 parameters in back.safetensors
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/data/text_data.h"
#include "../../models/exchange/foreign_weights.h"
#include "../../models/runs/run_folder.h"
#include "../../models/runs/trained_run.h"
#include "../../models/training/checkpoint.h"
#include "../../nn/mixers/min_lstm.h"
#include "../../nn/saved_params.h"
#include "commands.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct ConvertOptions {
  std::string from, to, out, task, data;
  bool use_coeff_norm = false, force = false;
};

std::string network_text(const ForeignNetwork& network) {
  return fmt::format("{}{} {}", network.form, network.form.ends_with('s') ? "'" : "'s",
                     network.config.stack.mixer.name);
}

ForeignNetwork read_network(const ConvertOptions& options, const SafetensorsFile& file) {
  ForeignNetwork network = foreign_network(file);
  LanguageModelConfig& sizes = network.config;
  check(!options.use_coeff_norm || (network.form == "borealis" && sizes.stack.mixer.name == "minlstm"),
        "convert: --use-coeff-norm is an option of BorealisAI's minLSTM, but {} holds {}", options.from,
        network_text(network));
  if (options.use_coeff_norm) sizes.stack.mixer.options.set("gates", Gates::kNormalised);
  check(sizes.outputs == sizes.vocab, "convert: {} answers {} tokens with {} classes, but a run answers with tokens",
        options.from, sizes.vocab, sizes.outputs);
  return network;
}

// What the ids of a text stand for. Without a text they are bytes where there are 256, else numbers. A text is opened:
// one that the run cannot be trained on is an error.
Vocabulary vocabulary_of(const ConvertOptions& options, int64_t size, RunConfig& config) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(options.data, error);
  config.text.level = size == 256 && !is_folder           ? Level::kBytes
                      : options.data.empty() || is_folder ? Level::kIds
                                                          : Level::kChar;
  if (config.text.level != Level::kChar) {
    const Vocabulary result = config.text.level == Level::kBytes ? Vocabulary::bytes() : Vocabulary::ids(size);
    if (!options.data.empty()) TextData::open(options.data, config.text.level, &result);
    return result;
  }
  const Vocabulary result = TextData::open(options.data, Level::kChar).vocabulary();
  check(result.size() == size, "convert: {} has {} tokens, but {} has {} characters", options.from, size, options.data,
        result.size());
  return result;
}

int import_weights(const ConvertOptions& options) {
  const std::string task = options.task.empty() ? "text" : options.task;
  check(options.to.empty(), "convert: {} is no run, but --to is for runs", options.from);
  check(task == "copy" || task == "text", "convert: task is '{}', but copy or text is needed", task);
  check(options.data.empty() || task == "text", "convert: --data is a text, but --task is copy");
  const SafetensorsFile file(options.from);
  const ForeignNetwork network = read_network(options, file);
  const LanguageModelConfig& sizes = network.config;
  RunConfig config = preset(task, task == "copy" ? "paper" : "shakespeare");
  config.model = sizes;
  config.copy.vocab = sizes.vocab;
  Vocabulary vocabulary;
  if (task == "text") vocabulary = vocabulary_of(options, sizes.vocab, config);
  if (!options.data.empty()) config.text.data = absolute_path(options.data);

  const Params params(static_cast<uint64_t>(config.train.seed), limits_of(file));
  const LanguageModel model(params, sizes);
  load_foreign(params, network, file);
  create_run_folder(options.out, options.force);
  const RunLock lock(options.out);
  if (task == "text") vocabulary.save(options.out + "/vocab.json");
  save_params(params, options.out + "/model.safetensors");
  AdamW adam(params, {});
  save_checkpoint(options.out + "/train.safetensors", params, adam, {});
  save_config(config, options.out + "/config.json");  // last: run_folder.h
  fmt::print("{}: {} {}, width {}, {} tokens; {} parameters in {}\n", network_text(network), sizes.stack.layers,
             sizes.stack.layers == 1 ? "layer" : "layers", sizes.stack.dim, sizes.vocab, params.count(), options.out);
  if (task != "text") return 0;
  fmt::print("to let it write: {} sample {}\n", program_name(), shell_word(options.out));
  if (config.text.level == Level::kIds && options.data.empty())
    fmt::print("to train or evaluate it: convert with --data, the text that its tokens are of\n");
  return 0;
}

int export_run(const ConvertOptions& options) {
  for (const auto& [given, option] : {std::pair{!options.task.empty(), "--task"},
                                      {!options.data.empty(), "--data"},
                                      {options.use_coeff_norm, "--use-coeff-norm"}})
    check(!given, "convert: {} is a run, but {} is for published weights", options.from, option);
  check(!options.to.empty(), "convert: {} is a run, so --to and one of {} is needed", options.from,
        joined(foreign_forms()));
  std::error_code error;
  check(options.force || !std::filesystem::exists(options.out, error), "convert: {} exists; --force replaces it",
        options.out);
  const TrainedRun run = load_run(options.from);
  check(run.model != nullptr, "convert: {} is a run of train {}, but one on tokens is needed", options.from,
        run.config.task);
  save_foreign(run.params, {options.to, run.model->config()}, options.out);
  fmt::print("{} parameters in {}\n", run.params.count(), options.out);
  const LanguageModelConfig& sizes = run.model->config();
  if (options.to == "borealis" && sizes.stack.mixer.name == "minlstm" &&
      mixer_options(sizes.stack.mixer).get<Gates>("gates") == Gates::kNormalised)
    fmt::print("to be loaded with use_coeff_norm: True\n");
  return 0;
}

int convert(const ConvertOptions& options) {
  return std::filesystem::is_directory(options.from) ? export_run(options) : import_weights(options);
}

}  // namespace

Run add_convert(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("convert", "exchange weights with published PyTorch implementations");
  const auto options = std::make_shared<ConvertOptions>();
  command->add_option("from", options->from, "published weights as safetensors, or the folder of a run")->required();
  command->add_option("--out", options->out, "folder of a new run, or the file to write")->required();
  command->add_option("--to", options->to, fmt::format("the form of a run's weights ({})", joined(foreign_forms())));
  command->add_option("--task", options->task, "what the new run is for: text, or copy")->default_str("text");
  command->add_option("--data", options->data, "the new run's text, whose bytes or characters its tokens are");
  command->add_flag("--use-coeff-norm", options->use_coeff_norm, "BorealisAI's minLSTM: it was trained with this on");
  command->add_flag("--force", options->force, "replace the run or the file that is there");
  return [options] { return convert(*options); };
}

}  // namespace scangrad_tools
