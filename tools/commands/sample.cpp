// scangrad sample RUN: writes text with a trained network.
//
//   scangrad sample runs/shakespeare --prompt "ROMEO:" --tokens 500
//
// Each token is printed as soon as it is drawn. The algorithm: models/tasks/text/text_sample.h.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <system_error>

#include "../../models/tasks/table.h"
#include "../../models/training/stop_signals.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "commands.h"
#include "config_flags.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// An output that cannot be written any more is an error and ends the command.
void print_now(const std::string& text) {
  fmt::print("{}", text);
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
}

int sample(const std::string& folder, const SampleOptions& options) {
  check_run(run_with("sample", &TaskRow::sample), folder);
  TrainedRun run = load_run(folder);
  const auto& write = function_of(run, &TaskRow::sample, "sample", "writes no text");
  const StopSignals signals;
  const auto start = std::chrono::steady_clock::now();
  const int64_t made = write(run, options, [&](const std::string& text) {
    print_now(text);
    return !signals.came();
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string speed = fmt::format("{} tokens, {:.0f} a second\n", made, static_cast<double>(made) / seconds);
  std::fputs(speed.c_str(), stderr);  // stderr may be closed; only the text matters
  return signals.came() ? kInterrupted : 0;
}

}  // namespace

Run add_sample(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("sample", "write text with a network that was trained on a text");
  const auto options = std::make_shared<SampleOptions>();
  const auto run = std::make_shared<std::string>();
  command->add_option("run", *run, "folder of the run");
  set_example(*command, "sample runs/text-tiny-mingru-seed42 --prompt 'To be'");
  command->add_option("--prompt", options->prompt, "beginning of the text (default: a new line)");
  command->add_option("--tokens", options->tokens, "number of tokens to write")->capture_default_str();
  command
      ->add_option("--temperature", options->sampler.temperature,
                   "below 1: more likely tokens, above 1: more varied; 0: always the likeliest")
      ->capture_default_str();
  command->add_option("--top-k", options->sampler.top_k, "draw from the k likeliest tokens only; 0: from all")
      ->capture_default_str();
  command->add_option("--top-p", options->sampler.top_p, "draw from the likeliest that make up this probability")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "seed of the draws")->capture_default_str();
  add_precision(*command, "--weights", options->weights,
                "precision in which weights are read: bf16 is half of the memory");
  command->add_option("--vocab", options->words, "for a run on ids: file with the word of each id, one on each line");
  return [run, options] { return sample(*run, *options); };
}

}  // namespace scangrad_tools
