// scangrad sample RUN: lets a trained network write.
//
//   scangrad sample runs/shakespeare --prompt "ROMEO:" --tokens 500
//
// The prompt goes through the network in one scan; after that each token is one step from the carried state, so time
// and memory for a token do not grow (attention's do: its cache holds every step). Text appears as it is made; bytes
// that are no UTF-8 are replaced.
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sstream>
#include <system_error>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/utf8.h"
#include "../../models/networks/sampler.h"
#include "../../models/runs/trained_run.h"
#include "../../models/training/stop_signals.h"
#include "commands.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct SampleOptions {
  std::string run, prompt = "\n", words;
  int64_t tokens = 500;
  uint64_t seed = 1337;
  SamplerOptions sampler;
};

// Nobody misses the words that no output takes: an error ends the command.
void show(const std::string& text) {
  fmt::print("{}", text);
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
}

// The prompt as ids, one sequence. Ids from elsewhere are given as numbers.
Ids encode_prompt(const SampleOptions& options, const Vocabulary& vocabulary) {
  check(!options.prompt.empty(), "sample: the prompt is empty, but at least one token is needed");
  if (vocabulary.level() != Level::kIds) {
    const std::vector<int32_t> ids = vocabulary.encode(options.prompt, "the prompt");
    return Ids({1, static_cast<int64_t>(ids.size())}, ids);
  }
  std::vector<int32_t> ids;
  std::istringstream in(options.prompt == "\n" ? "0" : options.prompt);
  bool are_numbers = true;
  for (std::string word; in >> word;) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    are_numbers &= error == std::errc() && end == word.data() + word.size();
    ids.push_back(id);
  }
  check(!ids.empty() && are_numbers, "sample: the prompt is '{}', but numbers are needed: the network knows ids only",
        options.prompt);
  return Ids({1, static_cast<int64_t>(ids.size())}, ids);
}

int sample(const SampleOptions& options) {
  check_options(options.sampler);
  check(options.tokens >= 1, "sample: tokens is {}, but at least 1 is needed", options.tokens);
  TrainedRun run = load_run(options.run);
  check(run.config.task == "text", "sample: {} is a run of train {}, but one of train text is needed", options.run,
        run.config.task);
  if (!options.words.empty()) run.vocabulary.set_words(options.words);
  Ids ids = encode_prompt(options, run.vocabulary);
  const int64_t longest = run.config.model.positions;
  check(longest == 0 || ids.numel() + options.tokens - 1 <= longest,
        "sample: prompt and tokens are {} steps, but the network has {} positions", ids.numel() + options.tokens - 1,
        longest);

  const StopSignals signals;
  const NoGrad no_grad;
  Rng rng(options.seed);
  State state = run.model->start(1);
  Utf8Stream text;
  for (int64_t i = 0; i < ids.numel(); ++i) show(text.add(run.vocabulary.decode(ids[i])));
  const int64_t vocab = run.vocabulary.size();
  const auto start = std::chrono::steady_clock::now();
  int64_t made = 0;
  while (made < options.tokens && !signals.came()) {
    const Tensor logits = (*run.model)(ids, state, {}, nullptr, /*last=*/1);
    const int32_t next = sample_token(logits.data(), vocab, options.sampler, rng);
    show(text.add(run.vocabulary.decode(next)));
    ids = Ids({1, 1}, {next});
    ++made;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  show(text.finish() + "\n");
  const std::string speed = fmt::format("{} tokens, {:.0f} a second\n", made, static_cast<double>(made) / seconds);
  std::fputs(speed.c_str(), stderr);  // which may be gone: the text is what counts
  return signals.came() ? kInterrupted : 0;
}

}  // namespace

Run add_sample(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("sample", "let a network that was trained on a text write");
  const auto options = std::make_shared<SampleOptions>();
  command->add_option("run", options->run, "folder of the run")->required();
  command->add_option("--prompt", options->prompt, "what the text begins with (default: a new line)");
  command->add_option("--tokens", options->tokens, "how many to write")->capture_default_str();
  command->add_option("--temperature", options->sampler.temperature, "below 1: safer, above: wilder; 0: the likeliest")
      ->capture_default_str();
  command->add_option("--top-k", options->sampler.top_k, "draw from the k likeliest tokens only; 0: from all")
      ->capture_default_str();
  command->add_option("--top-p", options->sampler.top_p, "draw from the likeliest that make up this probability")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of the draws")->capture_default_str();
  command->add_option("--vocab", options->words, "words of the ids of a run on ids, one a line");
  return [options] { return sample(*options); };
}

}  // namespace scangrad_tools
