#include "../../../../models/tasks/text/text_sample.h"

#include "../../../testing.h"

using namespace scangrad;

namespace {

TrainedRun small(Vocabulary vocabulary, int64_t positions = 0) {
  TrainedRun run = new_run(default_config("text"));
  run.vocabulary = std::move(vocabulary);
  run.model = std::make_unique<LanguageModel>(
      run.params,
      LanguageModelConfig{.vocab = run.vocabulary.size(), .positions = positions, .stack = {.layers = 1, .dim = 4}});
  return run;
}

std::string written(TrainedRun& run, const SampleOptions& options) {
  std::string text;
  sample_text(run, options, [&](const std::string& part) {
    text += part;
    return true;
  });
  return text;
}

}  // namespace

TEST_CASE("text_sample: the prompt and as many tokens as asked for are written") {
  TrainedRun run = small(Vocabulary::characters("abc", "text"));
  const std::string text = written(run, {.prompt = "ab", .tokens = 10});
  CHECK((text.size() == 13 && text.starts_with("ab") && text.back() == '\n'));
  CHECK(written(run, {.prompt = "ab", .tokens = 10}) == text);
}

TEST_CASE("text_sample: with weights in bf16 the same text is written where the logits are far apart") {
  TrainedRun run = small(Vocabulary::characters("abc", "text"));
  const SampleOptions options = {.prompt = "ab", .tokens = 20, .sampler = {.temperature = 0}};
  SampleOptions rounded = options;
  rounded.weights = Precision::kBf16;
  CHECK(written(run, rounded) == written(run, options));
}

TEST_CASE("text_sample: it stops when the callback returns false") {
  TrainedRun run = small(Vocabulary::characters("abc", "text"));
  int64_t parts = 0;
  const auto show = [&](const std::string&) { return ++parts < 3; };
  CHECK(sample_text(run, {.prompt = "a", .tokens = 10}, show) == 2);
}

TEST_CASE("text_sample: prompts that cannot be read are refused") {
  TrainedRun run = small(Vocabulary::ids(4));
  CHECK(written(run, {.prompt = "1 2", .tokens = 1}).starts_with("1 2 "));
  CHECK(error_of([&] { written(run, {.prompt = "one"}); }) ==
        "sample: the prompt is 'one', but numbers are needed: the network knows only ids");
  CHECK(error_of([&] { written(run, {.prompt = ""}); }) ==
        "sample: the prompt is empty, but at least one token is needed");
  CHECK(error_of([&] { written(run, {.tokens = 0}); }) == "sample: tokens is 0, but at least 1 is needed");
  TrainedRun short_run = small(Vocabulary::characters("abc", "text"), /*positions=*/5);
  CHECK(error_of([&] { written(short_run, {.prompt = "abc", .tokens = 4}); }) ==
        "sample: prompt and tokens are 6 steps, but the network has 5 positions");
}
