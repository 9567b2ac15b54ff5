#include "../../../models/exchange/c_network.h"

#include "../../testing.h"

using namespace scangrad;

namespace {

std::shared_ptr<Network> made(const std::string& json) {
  return network_from_json(json.c_str());
}

}  // namespace

TEST_CASE("c_network: options of the mixer stand next to its name, or in its object") {
  const auto flat = made(R"({"vocab": 5, "mixer": "mamba", "states": 3, "layers": 1, "dim": 4})");
  const auto nested = made(R"({"vocab": 5, "mixer": {"name": "mamba", "states": 3}, "layers": 1, "dim": 4})");
  CHECK(flat->params.find("blocks.0.mixer.A_log").tensor.shape() == Shape{24, 3});
  CHECK(same_bits(flat->params.values(), nested->params.values()));
  CHECK((flat->inputs == 5 && flat->outputs == 5));
  // Next to the name those of other mixers are ignored, as ever.
  const auto other = made(R"({"vocab": 5, "mixer": "mamba", "states": 3, "heads": 2, "layers": 1, "dim": 4})");
  CHECK(same_bits(flat->params.values(), other->params.values()));
}

TEST_CASE("c_network: numbers in give one number out unless more are wanted") {
  const auto series = made(R"({"inputs": 2, "layers": 1, "dim": 4})");
  CHECK((std::holds_alternative<SeriesModel>(series->model) && series->inputs == 2 && series->outputs == 1));
}

TEST_CASE("c_network: an unknown option of the mixer is named") {
  CHECK(error_of([] { made(R"({"vocab": 5, "mixer": {"name": "mamba", "stats": 3}})"); }) ==
        "config: mixer of the configuration has the unknown key 'stats'; the nearest known one is 'states'");
  CHECK(error_of([] { made(R"({"vocab": 5, "mixer": {"name": "mambo"}})"); }).substr(0, 24) ==
        "mixer: name is 'mambo', ");
}
