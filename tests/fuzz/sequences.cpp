// Sequences with labels, up to three .npy files: a file begins at each "\x93NUMPY" in the input. The first byte of
// the input selects the head of the network.
#include <vector>

#include "../../models/data/sequence_data.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

namespace {

// Each is all up to the beginning of the next; the last one is the rest.
std::vector<std::string> files_of(std::string_view input, size_t most) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  std::vector<std::string> paths;
  size_t begin = 0;
  while (begin != std::string_view::npos && paths.size() < most) {
    size_t end = paths.size() + 1 < most ? input.find(kMagic, begin + 1) : std::string_view::npos;
    paths.push_back(file_of(input.substr(begin, end - begin), std::to_string(paths.size()) + ".npy"));
    begin = end;
  }
  return paths;
}

}  // namespace

void fuzz(const std::string& input) {
  if (input.empty()) return;
  std::vector<std::string> paths = files_of(std::string_view(input).substr(1), 3);
  if (paths.size() < 2) return;
  paths.resize(3);
  const Head heads[] = {Head::kLast, Head::kMean, Head::kStep};
  const SequenceFiles files{paths[0], paths[1], paths[2], heads[static_cast<unsigned char>(input[0]) % 3]};

  const SequenceData data = SequenceData::open(files, {.validation = 0.25, .test = 0.25});
  require(data.training().size() + data.validation().size() + data.test().size() == data.all().size(),
          "the parts are not the whole");
  require(data.outputs() >= 1, "a label is nothing");
  const std::vector<int64_t> which{data.training().front(), data.all().back()};
  const SequenceBatch batch = data.batch(which);
  require(batch.inputs.shape() == Shape{2, data.steps(), data.width()}, "a batch has another shape than the data");
  for (int64_t i = 0; batch.classes.defined() && i < batch.classes.numel(); ++i)
    require(batch.classes[i] >= -1 && batch.classes[i] < data.outputs(), "a label is no class");
  const SequenceData again = SequenceData::open(files, {.validation = 0, .test = 0}, &data.scaling());
  for (const int64_t sequence : which)
    require(again.labels(sequence) == data.labels(sequence), "labels were read again as others");
}

}  // namespace scangrad_fuzz
