// scangrad train copy: trains a network on selective copying, tests its best weights on unseen examples, draws the
// curve.
#include <fmt/format.h>

#include <memory>
#include <type_traits>

#include "../core/check.h"
#include "../core/gemm.h"
#include "../core/text.h"
#include "../core/threads.h"
#include "../models/config_fields.h"
#include "../models/copy_task.h"
#include "../models/metrics.h"
#include "../models/progress.h"
#include "../models/run_folder.h"
#include "../nn/safetensors.h"
#include "commands.h"
#include "plot.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct TrainOptions {
  RunConfig config;
  std::string preset = "quick", out;
  bool force = false;
};

// The preset has to be known before the other options, since they override it.
std::string preset_from(int argc, char** argv, const std::string& fallback) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--preset" && i + 1 < argc) return argv[i + 1];
    if (word.rfind("--preset=", 0) == 0) return word.substr(9);
  }
  return fallback;
}

std::string flag(std::string name) {
  for (char& c : name)
    if (c == '_') c = '-';
  return "--" + name;
}

template <class E>
void add_choice(CLI::App& command, const std::string& name, E& value, const std::string& help) {
  std::vector<std::string> names;
  std::string current;
  for (const auto& [text, choice] : choices(value)) {
    names.push_back(text);
    if (choice == value) current = text;
  }
  command
      .add_option_function<std::string>(
          name,
          [&value, name, names](const std::string& text) {
            for (const auto& [known, choice] : choices(value))
              if (known == text) return void(value = choice);
            fail("scangrad: {} is '{}', but one of {} is needed; the nearest is '{}'", name, text, joined(names),
                 nearest(text, names));
          },
          fmt::format("{} ({})", help, joined(names)))
      ->default_str(current);
}

void add_fields(CLI::App& command, RunConfig& config) {
  each_field(config, [&](const char* name, auto& value, const char* help) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_enum_v<T>) {
      add_choice(command, flag(name), value, help);
    } else {
      std::string text = help;
      if (&value == reinterpret_cast<const T*>(&config.model.mixer))
        text += fmt::format(" ({})", joined(mixer_names()));
      command.add_option(flag(name), value, text)->capture_default_str();
    }
  });
}

std::string default_folder(const TrainOptions& options) {
  return fmt::format("runs/copy-{}-{}-seed{}", options.preset, options.config.model.mixer, options.config.train.seed);
}

int train_copy(TrainOptions& options) {
  const RunConfig& config = options.config;
  check(config.test_examples >= 1 && config.validation_examples >= 1,
        "scangrad: {} validation and {} test examples, but at least 1 of each is needed", config.validation_examples,
        config.test_examples);
  // Everything that can be wrong with the options shows before the folder is touched.
  check_options(config.train);
  const SelectiveCopying data(config.copy);
  const Params params(static_cast<uint64_t>(config.train.seed));
  LanguageModelConfig sizes = config.model;
  sizes.vocab = config.copy.vocab;
  const LanguageModel model(params, sizes);
  const Task task = copy_task(model, data, static_cast<uint64_t>(config.train.seed), config.batch,
                              config.train.accumulate, config.validation_examples);
  if (options.out.empty()) options.out = default_folder(options);
  create_run_folder(options.out, options.force);
  save_config(config, options.out + "/config.json");

  fmt::print("{} on selective copying: length {}, {} tokens; {} layers, width {}, expansion {}; {} parameters\n",
             sizes.mixer, config.copy.length, config.copy.tokens, sizes.layers, sizes.dim, sizes.expansion,
             params.count());
  fmt::print("{} threads, {}; writing to {}\n", threads(), gemm_description(), options.out);
  if (threads() == 1) fmt::print("one thread only: --threads sets another number\n");
  std::fflush(stdout);

  const TrainResult result = train(config.train, params, task, options.out, stdout);
  fmt::print("{} after {} steps in {}, {:.0f} MB at most\n", result.interrupted ? "interrupted" : "trained",
             result.steps, clock_time(result.seconds), peak_memory_mb());
  const std::string problem =
      plot_run(options.out, fmt::format("{} on selective copying, length {}", sizes.mixer, config.copy.length));
  if (!problem.empty()) fmt::print("no curve drawn: {}\n", problem);
  if (result.interrupted) {
    fmt::print("weights saved in {}: model.safetensors (best), last.safetensors (newest)\n", options.out);
    return 130;
  }
  const int64_t rows = config.batch / config.train.accumulate;
  const Evaluation test = evaluate_copying(model, data, kTestSeed, config.test_examples, rows);
  fmt::print("test accuracy {:.2f} % on {} unseen examples (loss {:.4f}, weights of step {})\n", 100 * test.accuracy,
             config.test_examples, test.loss, result.best_step);
  fmt::print("{}: config.json metrics.csv metrics.jsonl model.safetensors last.safetensors{}\n", options.out,
             problem.empty() ? " curve.svg curve.png" : "");
  return 0;
}

}  // namespace

Run add_train(CLI::App& app, int argc, char** argv) {
  CLI::App* const train = app.add_subcommand("train", "train a network");
  train->require_subcommand(1);
  CLI::App* const copy = train->add_subcommand("copy", "remember tokens scattered through noise (selective copying)");
  const auto options = std::make_shared<TrainOptions>();
  options->preset = preset_from(argc, argv, options->preset);
  options->config = preset(options->preset);

  std::vector<std::string> lines;
  for (const Preset& known : presets()) lines.push_back(fmt::format("{}: {}", known.name, known.help));
  copy->add_option("--preset", options->preset,
                   fmt::format("what the other options start from\n{}", joined(lines, "\n")))
      ->capture_default_str();
  copy->add_option("--out", options->out, "folder of the run (default runs/copy-PRESET-MIXER-seedSEED)");
  copy->add_flag("--force", options->force, "replace the run that is in the folder");
  add_fields(*copy, options->config);
  return [options] { return train_copy(*options); };
}

}  // namespace scangrad_tools
