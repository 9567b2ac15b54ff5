// vocab.json of a run on text.
#include "../../models/data/vocabulary.h"

#include <algorithm>

#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const Vocabulary vocabulary = Vocabulary::load(file_of(input));
  vocabulary.save(path_of("again"));
  const Vocabulary again = Vocabulary::load(path_of("again"));
  require(again.level() == vocabulary.level() && again.size() == vocabulary.size(),
          "a vocabulary was read again as another");
  for (int32_t id = 0; id < std::min<int64_t>(vocabulary.size(), 10'000); ++id) {
    const std::string word = vocabulary.decode(id);
    require(again.decode(id) == word, "a token was read again as another");
    if (vocabulary.level() != Level::kIds)
      require(vocabulary.encode(word, "a token") == std::vector<int32_t>{id}, "a token stands for two");
  }
}

}  // namespace scangrad_fuzz
