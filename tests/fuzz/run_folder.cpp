// The folder of a run, as `scangrad sample` and `eval` read it. The input has three parts, which end at its first and
// second zero byte: config.json, then vocab.json or scaling.json, then model.safetensors. The metadata of
// model.safetensors is also read as that of replay.safetensors.
#include <filesystem>

#include "../../core/autograd.h"
#include "../../core/error.h"
#include "../../models/runs/trained_run.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

namespace {

template <class F>
void read_kept(const SafetensorsFile& file, const std::string& name, F parse) try {
  const auto metadata = file.metadata();
  const auto found = metadata.find(name);
  if (found != metadata.end()) (void)parse(found->second, file.path());
} catch (const Error&) {  // the folder may be one all the same
}

}  // namespace

void fuzz(const std::string& input) {
  const size_t first = input.find('\0');
  const size_t second = first == std::string::npos ? first : input.find('\0', first + 1);
  if (second == std::string::npos) return;
  const std::string_view whole = input, known = whole.substr(first + 1, second - first - 1);
  std::filesystem::create_directory(path_of("run"));
  file_of(whole.substr(0, first), "run/config.json");
  file_of(known, "run/vocab.json");
  file_of(known, "run/scaling.json");
  file_of(whole.substr(second + 1), "run/model.safetensors");

  const TrainedRun run = load_run(path_of("run"));
  const NoGrad no_grad;
  if (run.series) {
    State state = run.series->start(1);
    (void)(*run.series)(Tensor::zeros({1, 1, run.scaling.inputs.width()}), state);
  } else {
    State state = run.model->start(1);
    const Tensor logits = (*run.model)(Ids({1, 1}, {0}), state);
    const OptionValue* const listed = run.config.options.find("vocab");  // else the vocabulary tells
    require(logits.size(-1) == (listed != nullptr ? std::get<int64_t>(listed->variant()) : run.vocabulary.size()),
            "the network knows other tokens than its vocabulary");
  }

  const SafetensorsFile file(path_of("run/model.safetensors"));
  read_kept(file, "config.json", parse_config);
  read_kept(file, "vocab.json", Vocabulary::parse);
  read_kept(file, "scaling.json", SeriesScaling::parse);
}

}  // namespace scangrad_fuzz
