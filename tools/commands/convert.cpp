// scangrad convert: published PyTorch weights to a run, and a run to published weights
// (models/exchange/foreign_weights.h).
//
//   python3 tools/pt_to_safetensors.py theirs.pt theirs.safetensors
//   scangrad convert theirs.safetensors --out runs/theirs --data input.txt         tokens: the characters of this text
//   lucidrains' mingru: 3 layers, width 384, 65 tokens; 5587968 parameters in runs/theirs
//   to write text: scangrad sample runs/theirs
//
//   scangrad train text --resume runs/theirs --steps 100       continues training, with a new optimizer
//   scangrad convert runs/theirs --to lucidrains --out back.safetensors
//   5587968 parameters in back.safetensors
//
//   scangrad convert runs/theirs --weights bf16 --out half     a run with half the size, to be used but not trained
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/text.h"
#include "../../models/exchange/foreign_weights.h"
#include "../../models/runs/kept_texts.h"
#include "../../models/runs/run_folder.h"
#include "../../models/tasks/table.h"
#include "../../models/tasks/token_network.h"
#include "../../models/training/checkpoint.h"
#include "../../nn/mixers/min_lstm.h"
#include "../../nn/saved_params.h"
#include "../line/help_text.h"
#include "commands.h"
#include "config_flags.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct ConvertOptions {
  std::string from, to, out, task, data;
  bool use_coeff_norm = false, force = false;
  Precision weights = Precision::kFloat;
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

// The tasks that published weights can be for.
std::vector<std::string> tasks_for_weights() {
  std::vector<std::string> names;
  for (const TaskRow& row : tasks())
    if (row.adopt) names.push_back(row.name);
  return names;
}

int import_weights(const ConvertOptions& options) {
  const std::string task = options.task.empty() ? "text" : options.task;
  const TaskRow* const row = find_task(task);
  check(options.to.empty(), "convert: {} is no run, but --to is for runs", options.from);
  check(options.weights == Precision::kFloat, "convert: {} is no run, but --weights bf16 is for runs", options.from);
  check(row != nullptr && row->adopt, "convert: task is '{}', but one of {} is needed", task,
        joined(tasks_for_weights()));
  const SafetensorsFile file(options.from);
  const ForeignNetwork network = read_network(options, file);
  const LanguageModelConfig& sizes = network.config;
  RunConfig config = preset(row->name, row->preset_for_weights);
  set_token_network(config, sizes);
  const std::string data = options.data.empty() ? "" : absolute_path(options.data);
  const Adopted adopted = row->adopt(config, sizes.vocab, data);

  const Params params(static_cast<uint64_t>(config.train.seed), limits_of(file));
  const LanguageModel model(params, sizes);
  load_foreign(params, network, file);
  create_run_folder(options.out, options.force);
  const RunLock lock(options.out);
  if (adopted.save) adopted.save(options.out);
  save_params(params, options.out + "/model.safetensors");
  AdamW adam(params, {});
  save_checkpoint(options.out + "/train.safetensors", params, adam, {});
  save_config(config, options.out + "/config.json");  // last: run_folder.h
  fmt::print("{}: {}, width {}, {} tokens; {} parameters in {}\n", network_text(network),
             counted(sizes.stack.layers, "layer"), sizes.stack.dim, sizes.vocab, params.count(), options.out);
  if (row->sample) fmt::print("to write text: {} sample {}\n", program_name(), shell_word(options.out));
  fmt::print("{}", adopted.note);
  return 0;
}

// The run without what only training needs, and with rounded weights.
int halve_run(const ConvertOptions& options) {
  const TrainedRun run = load_run(options.from);
  const std::map<std::string, std::string> texts = read_descriptions(options.from);
  std::error_code error;
  check(!std::filesystem::equivalent(options.from, options.out, error),
        "convert: {} is the run itself, but another folder is needed", options.out);
  create_run_folder(options.out, options.force);
  const RunLock lock(options.out);
  save_params(run.params, options.out + "/model.safetensors", {}, options.weights);
  for (const std::string& name : kept_files()) {
    if (name == "config.json" || !texts.contains(name)) continue;
    AtomicFile file(options.out + "/" + name);
    file.write(texts.at(name));
    file.commit();
  }
  save_config(run.config, options.out + "/config.json");  // last: run_folder.h
  fmt::print("{} parameters in {}, weights in bf16\n", run.params.count(), options.out);
  return 0;
}

int export_run(const ConvertOptions& options) {
  for (const auto& [given, option] : {std::pair{!options.task.empty(), "--task"},
                                      {!options.data.empty(), "--data"},
                                      {options.use_coeff_norm, "--use-coeff-norm"}})
    check(!given, "convert: {} is a run, but {} is for published weights", options.from, option);
  if (options.to.empty() && options.weights == Precision::kBf16) return halve_run(options);
  check(!options.to.empty(), "convert: {} is a run, so --to and one of {} is needed, or --weights bf16", options.from,
        joined(foreign_forms()));
  std::error_code error;
  check(options.force || !std::filesystem::exists(options.out, error), "convert: {} exists; --force replaces it",
        options.out);
  const TrainedRun run = load_run(options.from);
  check(run.model != nullptr, "convert: {} is a run of train {}, but a run on tokens is needed", options.from,
        run.config.task);
  save_foreign(run.params, {options.to, run.model->config()}, options.out, options.weights);
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
  command->add_option("--to", options->to,
                      fmt::format("form in which the weights of a run are written ({})", joined(foreign_forms())));
  command->add_option("--task", options->task, fmt::format("task of the new run ({})", joined(tasks_for_weights())))
      ->default_str("text");
  command->add_option("--data", options->data,
                      "text of the new run: its tokens are the bytes or characters of this text");
  command->add_flag("--use-coeff-norm", options->use_coeff_norm,
                    "BorealisAI's minLSTM: the network was trained with this option");
  add_precision(*command, "--weights", options->weights, "bf16 writes the weights of a run in half the size");
  command->add_flag("--force", options->force, "replace an existing run or file");
  set_example(*command, "convert runs/text --to lucidrains --out weights.safetensors");
  return [options] { return convert(*options); };
}

}  // namespace scangrad_tools
