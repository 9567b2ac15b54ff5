#include "../../../../models/tasks/text/text_task.h"

#include <limits>

#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

const LanguageModelConfig kSmall{.vocab = 256, .stack = {.layers = 1, .dim = 8, .expansion = 2, .kernel = 2}};

std::string alphabet(int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += "abcdefghijklmnopqrstuvwxyz ";
  return text;
}

}  // namespace

TEST_CASE("text_task: validation counts every position once for any batch size") {
  const TextData data = TextData::from_text(alphabet(3), Level::kBytes, "text");
  const Params params(1);
  const LanguageModel model(params, kSmall);
  const Tokens tokens = data.all().part(0, 24);  // 23 positions: four windows of 5 and one of 3
  double loss = 0;
  for (int64_t begin = 0; begin < 23; begin += 5) {
    const int64_t length = std::min<int64_t>(5, 23 - begin);
    loss +=
        static_cast<double>(length) / 23 * evaluate_text(model, tokens.part(begin, begin + length + 1), length, 1).loss;
  }
  for (const int64_t batch : {1, 3, 100})
    CHECK(evaluate_text(model, tokens, 5, batch).loss == doctest::Approx(loss).epsilon(kDouble ? 1e-12 : 1e-5));
  CHECK(evaluate_text(model, tokens, 5, 2, std::numeric_limits<int64_t>::max()).loss ==
        evaluate_text(model, tokens, 5, 2).loss);
  CHECK(evaluate_text(model, tokens, 5, 2, /*windows=*/2).loss ==
        doctest::Approx(evaluate_text(model, tokens.part(0, 11), 5, 2).loss));
  for (const int64_t windows : {int64_t(5), int64_t(1) << 62})  // more than there are: all
    CHECK(evaluate_text(model, tokens, 5, 2, windows).loss == evaluate_text(model, tokens, 5, 2).loss);
  CHECK(evaluate_text(model, tokens, 4, 2, int64_t(1) << 62).loss == evaluate_text(model, tokens, 4, 2).loss);
  CHECK(error_of([&] { evaluate_text(model, tokens.part(0, 1), 5, 1); }) ==
        "text: 1 tokens are there, but at least 2 are needed to predict one");
  CHECK(error_of([&] { evaluate_text(model, tokens, 0, 1); }) ==
        "text: length is 0 and batch 1, but at least 1 is needed");
}

TEST_CASE("text_task: a network learns to continue the alphabet") {
  const TextData data = TextData::from_text(alphabet(40), Level::kChar, "text");
  for (const bool stream : {false, true}) {
    const Params params(1);
    LanguageModelConfig config = kSmall;
    config.vocab = data.vocabulary().size();
    const LanguageModel model(params, config);
    const Task task = text_task(model, data, {.length = 12, .batch = 8, .stream = stream});
    CHECK(task.data_fingerprint == data.fingerprint());
    const TrainResult result =
        train({.steps = 150, .lr = 2e-2, .min_lr = 2e-3, .eval_every = 50, .log_every = 50}, params, task);
    CHECK(result.best.accuracy > 0.99);
  }
}

TEST_CASE("text_task: streams continue at their positions, also in a resumed run") {
  const TemporaryFolder whole_folder, folder;
  const TextData data = TextData::from_text(alphabet(20), Level::kBytes, "text");
  const TextTaskConfig text{.length = 7, .batch = 4, .accumulate = 2, .stream = true};
  TrainConfig config{.steps = 30, .accumulate = 2, .lr = 1e-2, .min_lr = 1e-2, .eval_every = 0};
  const Params whole(1), part(1), rest(1);
  {
    const LanguageModel model(whole, kSmall);
    train(config, whole, text_task(model, data, text), {.folder = whole_folder.path.string()});
  }
  {
    const LanguageModel model(part, kSmall);
    config.steps = 13;
    train(config, part, text_task(model, data, text), {.folder = folder.path.string()});
  }
  const LanguageModel model(rest, kSmall);
  config.steps = 30;
  train(config, rest, text_task(model, data, text), {.folder = folder.path.string(), .resume = true});
  CHECK(same_bits(rest.values(), whole.values()));

  TextTaskConfig longer = text;
  longer.length = 8;
  CHECK(error_of([&] {
          const Task task = text_task(model, data, longer);
          task.load(SafetensorsFile(folder.file("train.safetensors")));
        }) == "text: length, batch and accumulate of the streams to resume are 7, 4, 2, not 8, 4, 2");
}

TEST_CASE("text_task: the windows of a stream, one after the other, are one long window") {
  const TextData data = TextData::from_text(alphabet(20), Level::kBytes, "text");
  const Params params(1);
  LanguageModelConfig config = kSmall;
  config.stack.dropout = 0;
  const LanguageModel model(params, config);
  const Task task = text_task(model, data, {.length = 7, .batch = 1, .stream = true});
  const int64_t windows = (data.training().size() - 1) / 7;
  double sum = 0;
  Rng rng(1);
  for (int64_t step = 0; step < windows; ++step) sum += static_cast<double>(task.loss(step, 0, rng).loss.item());
  const double whole = evaluate_text(model, data.training(), 7 * windows, 1, 1).loss;
  CHECK(sum / static_cast<double>(windows) == doctest::Approx(whole).epsilon(kDouble ? 1e-12 : 1e-5));
}

TEST_CASE("text_task: a step of streams can be repeated") {
  const TextData data = TextData::from_text(alphabet(20), Level::kBytes, "text");
  const Params params(1);
  const LanguageModel model(params, kSmall);
  const Task task = text_task(model, data, {.length = 7, .batch = 4, .stream = true});
  const auto loss = [&](int64_t step) {
    Rng rng(1);
    return task.loss(step, 0, rng).loss.item();
  };
  const real first = loss(0), second = loss(1), third = loss(2);
  CHECK(loss(2) == third);
  const Task again = text_task(model, data, {.length = 7, .batch = 4, .stream = true});
  Rng rng(1);
  CHECK(again.loss(0, 0, rng).loss.item() == first);
  CHECK(again.loss(0, 0, rng).loss.item() == first);
  CHECK(again.loss(1, 0, rng).loss.item() == second);
}

TEST_CASE("text_task: streams continue from before a window whose loss is not finite") {
  const TextData data = TextData::from_text(alphabet(20), Level::kBytes, "text");
  const Params params(1);
  const LanguageModel model(params, kSmall);
  const Task task = text_task(model, data, {.length = 7, .batch = 4, .stream = true});
  Rng rng(1);
  task.loss(0, 0, rng);
  Tensor bias = params.find("blocks.0.mixer.to_hidden_and_gate.bias").tensor;
  const Tensor before = bias.clone();
  std::fill_n(bias.mutable_data(), bias.numel(), real(NAN));
  CHECK(std::isnan(task.loss(1, 0, rng).loss.item()));
  bias.copy_from(before);
  CHECK(std::isfinite(task.loss(2, 0, rng).loss.item()));
}

TEST_CASE("text_task: the gradient of a window does not depend on the chunk size") {
  const TextData data = TextData::from_text(alphabet(20), Level::kBytes, "text");
  for (const std::string& mixer : mixer_names()) {
    LanguageModelConfig config = kSmall;
    config.stack.mixer = mixer;
    config.stack.layers = 2;
    config.stack.dropout = 0;
    for (const bool stream : {false, true}) {
      const Params params(1);
      const LanguageModel model(params, config);
      const auto gradients = [&](int64_t chunks) {
        const Task task = text_task(model, data, {.length = 12, .batch = 3, .chunks = chunks, .stream = stream});
        Rng rng(1);
        for (int64_t step = 0; step < 2; ++step) {  // the second begins with a carried state
          params.zero_grad();
          task.loss(step, 0, rng).loss.backward();
        }
        return params.gradients().clone();
      };
      const Tensor whole = gradients(1);
      for (const int64_t chunks : {2, 4, 12})
        CHECK(relative_error(gradients(chunks), whole) < (kDouble ? 1e-12 : 1e-5));
    }
  }
}

TEST_CASE("text_task: a text that is too short is named") {
  const TextData data = TextData::from_text("0123456789", Level::kBytes, "text");
  const Params params(1);
  const LanguageModel model(params, kSmall);
  const auto with = [&](const TextTaskConfig& config) { return error_of([&] { text_task(model, data, config); }); };
  CHECK(with({.length = 9, .batch = 1}) == "text: the training part has 9 tokens, but a window needs 10");
  CHECK(with({.length = 3, .batch = 1}) == "text: the validation part has 1 tokens, but at least 2 are needed");
  CHECK(with({.length = 0}) == "text: length is 0, but at least 1 is needed");
  CHECK(with({.length = 3, .chunks = 2}) == "text: length is 3, but a multiple of chunks (2) is needed");
  CHECK(with({.batch = 3, .accumulate = 2}) ==
        "text: batch is 3, but 1 to 4194304 and a multiple of accumulate (2) is needed");
}
