#include "text_sample.h"

#include <charconv>
#include <optional>
#include <sstream>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/utf8.h"
#include "../../../ops/bf16_weights.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The prompt as ids, one sequence. Where the ids have no text, the prompt is a list of numbers.
Ids encode_prompt(const std::string& prompt, const Vocabulary& vocabulary) {
  check(!prompt.empty(), "sample: the prompt is empty, but at least one token is needed");
  if (vocabulary.level() != Level::kIds) {
    const std::vector<int32_t> ids = vocabulary.encode(prompt, "the prompt");
    return Ids({1, static_cast<int64_t>(ids.size())}, ids);
  }
  std::vector<int32_t> ids;
  std::istringstream in(prompt == "\n" ? "0" : prompt);
  bool are_numbers = true;
  for (std::string word; in >> word;) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    are_numbers &= error == std::errc() && end == word.data() + word.size();
    ids.push_back(id);
  }
  check(!ids.empty() && are_numbers, "sample: the prompt is '{}', but numbers are needed: the network knows only ids",
        prompt);
  return Ids({1, static_cast<int64_t>(ids.size())}, ids);
}

}  // namespace

int64_t sample_text(TrainedRun& run, const SampleOptions& options, const ShowText& show) {
  check_options(options.sampler);
  check(options.tokens >= 1, "sample: tokens is {}, but at least 1 is needed", options.tokens);
  if (!options.words.empty()) run.vocabulary.set_words(options.words);
  Ids ids = encode_prompt(options.prompt, run.vocabulary);
  const int64_t longest = run.model->config().positions, steps = ids.numel() + options.tokens - 1;
  check(longest == 0 || steps <= longest, "sample: prompt and tokens are {} steps, but the network has {} positions",
        steps, longest);

  const NoGrad no_grad;
  std::optional<Bf16Weights> rounded;
  if (options.weights == Precision::kBf16) rounded.emplace(run.params.values());
  Rng rng(options.seed);
  State state = run.model->start(1);
  Utf8Stream text;
  bool on = true;
  for (int64_t i = 0; i < ids.numel(); ++i) on = show(text.add(run.vocabulary.decode(ids[i])));
  int64_t made = 0;
  for (; made < options.tokens && on; ++made) {
    const Tensor logits = (*run.model)(ids, state, {}, nullptr, /*last=*/1);
    const int32_t next = sample_token(logits.data(), run.vocabulary.size(), options.sampler, rng);
    on = show(text.add(run.vocabulary.decode(next)));
    ids = Ids({1, 1}, {next});
  }
  show(text.finish() + "\n");
  return made;
}

}  // namespace scangrad::SCANGRAD_PRECISION
