// nanoGPT's folder of token ids. The first byte of the input gives the share of train.bin in the rest.
#include <filesystem>

#include "../../models/data/text_data.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  if (input.empty()) return;
  const std::string_view rest = std::string_view(input).substr(1);
  const size_t cut = rest.size() * static_cast<unsigned char>(input[0]) / 255;
  std::filesystem::create_directory(path_of("ids"));
  file_of(rest.substr(0, cut), "ids/train.bin");
  file_of(rest.substr(cut), "ids/val.bin");
  const TextData data = TextData::open(path_of("ids"), Level::kIds);
  require(
      data.training().largest() < data.vocabulary().size() && data.validation().largest() < data.vocabulary().size(),
      "a token is not in the vocabulary");
  const TextBatch batch = data.windows(/*seed=*/1, /*step=*/0, /*rows=*/3, /*length=*/4);
  for (int64_t i = 0; i < batch.targets.numel(); ++i)
    require(batch.targets.data()[i] >= 0 && batch.targets.data()[i] < data.vocabulary().size(), "a target is no token");
  const Vocabulary few = Vocabulary::ids(100);
  (void)TextData::open(path_of("ids"), Level::kIds, &few);
}

}  // namespace scangrad_fuzz
