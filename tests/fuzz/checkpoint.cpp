// train.safetensors of a run on text that carries states: read, gone on with for a step, written and read again.
#include "../../models/checkpoint.h"

#include "../../models/text_task.h"
#include "../temporary_folder.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const Params params(/*seed=*/1);
  const LanguageModel model(params, {.vocab = 3, .layers = 1, .dim = 2, .kernel = 2, .mlp = 1});
  AdamW adam(params, {});
  const TextData data = TextData::from_text(std::string(40, 'a') + "bc", Level::kChar, "a text");
  const Task task = text_task(model, data, {.length = 3, .batch = 2, .stream = true});
  if (input.empty()) return save_checkpoint(path_of("again"), params, adam, {}, task.save);

  const LoopState loop = load_checkpoint(file_of(input), params, adam, task.load);
  save_checkpoint(path_of("again"), params, adam, loop, task.save);
  (void)load_checkpoint(path_of("again"), params, adam, task.load);
  save_checkpoint(path_of("twice"), params, adam, loop, task.save);
  require(read_file(path_of("again")) == read_file(path_of("twice")), "a checkpoint was read again as another");
  Rng rng(1);
  rng.set_offset(loop.random);
  task.loss(loop.step, 0, rng).loss.backward();
  adam.step();
}

}  // namespace scangrad_fuzz
