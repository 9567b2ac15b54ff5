// config.json of a run.
#include "../../models/runs/run_config.h"

#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const RunConfig config = load_config(file_of(input));
  const std::string text = config_json(config);
  require(config_json(load_config(file_of(text))) == text, "a configuration was read again as another: " + text);
}

}  // namespace scangrad_fuzz
