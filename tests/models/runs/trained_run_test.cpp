#include "../../../models/runs/trained_run.h"

#include "../../../core/autograd.h"
#include "../../../models/tasks/series/series_row.h"
#include "../../../models/tasks/token_network.h"
#include "../../../nn/saved_params.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

RunConfig small(const std::string& task) {
  RunConfig config = default_config(task);
  config.stack.layers = 1;
  config.stack.dim = 4;
  return config;
}

void save(const RunConfig& config, const Params& params, const TemporaryFolder& folder) {
  save_config(config, folder.file("config.json"));
  save_params(params, folder.file("model.safetensors"));
}

}  // namespace

TEST_CASE("trained_run: a network on text is loaded with its weights and vocabulary") {
  const TemporaryFolder folder;
  const RunConfig config = small("text");
  const Params params(7);
  const LanguageModel model(params, token_network(config, 3));
  save(config, params, folder);
  Vocabulary::characters("abc", "a text").save(folder.file("vocab.json"));

  const TrainedRun run = load_run(folder.path);
  CHECK((run.series == nullptr && run.vocabulary.size() == 3));
  const NoGrad no_grad;
  const Ids ids({1, 4}, {0, 2, 1, 1});
  State state = model.start(1), theirs = run.model->start(1);
  CHECK(same_bits((*run.model)(ids, theirs), model(ids, state)));
}

TEST_CASE("trained_run: a network on series has the sizes that its scaling names") {
  const TemporaryFolder folder;
  const RunConfig config = small("series");
  const Scaling columns{{"load", "wind"}, {10, 5}, {2, 1}};
  const SeriesScaling scaling{columns, {}, 0};
  const SeriesModelConfig sizes = forecasting_network(config, columns);
  CHECK((sizes.inputs == 2 && sizes.outputs == 2 && sizes.head == Head::kStep && sizes.residual));
  const Params params(7);
  const SeriesModel model(params, sizes);
  save(config, params, folder);
  scaling.save(folder.file("scaling.json"));
  const TrainedRun run = load_run(folder.path);
  CHECK((run.model == nullptr && run.series != nullptr && run.scaling.inputs.columns == columns.columns));
  CHECK(same_bits(run.params.values(), params.values()));
}

TEST_CASE("trained_run: the configuration may be changed before the network is built") {
  const TemporaryFolder folder;
  const RunConfig config = small("copy");
  const Params params(7);
  const LanguageModel model(params, token_network(config, 16));
  save(config, params, folder);
  const TrainedRun run = load_run(folder.path, [](RunConfig& changed) { changed.stack.recompute = true; });
  CHECK(run.config.stack.recompute);
  CHECK(same_bits(run.params.values(), params.values()));
  CHECK(error_of([&] {
          load_run(folder.path, [](RunConfig& changed) { changed.stack.dim = 8; });
        }).starts_with("safetensors: "));
}

TEST_CASE("trained_run: more layers than the file of weights can hold are refused before they are built") {
  const TemporaryFolder folder;
  RunConfig config = small("copy");
  const Params params(7);
  const LanguageModel model(params, token_network(config, 16));
  save(config, params, folder);
  config.stack.layers = 1'000'000'000;
  save_config(config, folder.file("config.json"));
  const std::string error = error_of([&] { load_run(folder.path); });
  const std::string most = std::to_string(2 * params.list().size() + 64);
  CHECK(error.starts_with("params: blocks."));
  CHECK(error.ends_with(" would be tensor " + std::to_string(2 * params.list().size() + 65) + ", but at most " + most +
                        " are allowed by " + folder.file("model.safetensors")));
}

TEST_CASE("trained_run: an error names a folder that is no run") {
  CHECK(error_of([] { load_run("nowhere"); }) == "run: nowhere is no folder, but the folder of a run is needed");
  const TemporaryFolder folder;
  CHECK(error_of([&] { load_run(folder.path); }) ==
        "file: " + folder.file("config.json") + " cannot be read: No such file or directory");
  save_config(small("copy"), folder.file("config.json"));
  CHECK(error_of([&] { load_run(folder.path); }) ==
        "run: " + std::string(folder.path) +
            " holds no model.safetensors: training writes it at its first validation or save; --resume continues it");
}
