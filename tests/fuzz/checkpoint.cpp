// train.safetensors of a run on text that carries states and may skip spikes: it is read, one step is trained, and it
// is written and read again.
#include "../../models/training/checkpoint.h"

#include "../../models/tasks/text/text_task.h"
#include "../../models/training/progress.h"
#include "../temporary_folder.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const Params params(/*seed=*/1);
  const LanguageModel model(params, {.vocab = 3, .stack = {.layers = 1, .dim = 2, .kernel = 2, .mlp = 1}});
  AdamW adam(params, {});
  const TextData data = TextData::from_text(std::string(40, 'a') + "bc", Level::kChar, "a text");
  const Task task = text_task(model, data, {.length = 3, .batch = 2, .stream = true});
  const Task windows = text_task(model, data, {.length = 3, .batch = 4, .accumulate = 2});
  if (input.empty()) return save_checkpoint(path_of("again"), params, adam, {}, task.save);

  LoopState loop = load_checkpoint(file_of(input), params, adam, task.load);
  require(adam.steps() >= 0 && adam.steps() <= loop.step, "more steps were skipped than there were");
  (void)clock_time(loop.seconds);
  save_checkpoint(path_of("again"), params, adam, loop, task.save);
  (void)load_checkpoint(path_of("again"), params, adam, task.load);
  save_checkpoint(path_of("twice"), params, adam, loop, task.save);
  require(read_file(path_of("again")) == read_file(path_of("twice")), "a checkpoint was read again as another");
  Rng rng(1);
  rng.set_offset(loop.random);
  const double loss = static_cast<double>(windows.loss(loop.step, 1, rng).loss.item());
  task.loss(loop.step, 0, rng).loss.backward();
  adam.step([&](double norm) { return !is_spike(loop.spikes, loss, norm, /*deviations=*/6); });
  require(is_spike(loop.spikes, 1e300, 1, 6), "a spike passed");
}

}  // namespace scangrad_fuzz
