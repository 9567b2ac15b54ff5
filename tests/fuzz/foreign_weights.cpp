// Weights of other programs, as `scangrad convert` reads them.
#include "../../models/exchange/foreign_weights.h"

#include "../../nn/saved_params.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const SafetensorsFile file(file_of(input));
  const ForeignNetwork network = foreign_network(file);
  const Params params(/*seed=*/1, limits_of(file));
  const LanguageModel model(params, network.config);
  load_foreign(params, network, file);
  save_foreign(params, network, path_of("back"));
  const SafetensorsFile back(path_of("back"));
  load_foreign(params, foreign_network(back), back);
}

}  // namespace scangrad_fuzz
