#include "../../../models/runs/mixer_json.h"

#include <filesystem>

#include "../../../models/networks/language_model.h"
#include "../../../models/networks/series_model.h"
#include "../../../models/runs/run_config.h"
#include "../../../models/tasks/token_network.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

MixerChoice parsed(const std::string& json) {
  JsonFields read(json, "a.json");
  MixerChoice mixer;
  read_mixer(read, mixer);
  read.finish();
  return mixer;
}

}  // namespace

TEST_CASE("mixer_json: written JSON has every option and is read back") {
  const MixerChoice mixer{"minlstm", {{"forget_bias", 1}, {"gates", "normalised"}}};
  const std::string json = mixer_json(mixer);
  CHECK(json == R"({"name":"minlstm","candidate":"g","space":"linear","gates":"normalised","forget_bias":1.0,)"
                R"("learned_h0":true,"bias":true,"to_out":true})");
  const MixerChoice read = parsed(R"({"mixer": )" + json + "}");
  CHECK(read.name == "minlstm");
  CHECK(mixer_options(read) == mixer_options(mixer));
  CHECK(parsed(R"({"mixer": {"name": "mamba"}})").options.empty());
  CHECK(parsed("{}").name == "mingru");
}

TEST_CASE("mixer_json: in the older form options of other mixers are checked and ignored") {
  const MixerChoice mixer = parsed(R"({"mixer": "mamba", "states": 4, "heads": 2, "gates": "plain", "bias": false})");
  CHECK(mixer.name == "mamba");
  CHECK(mixer.options == Options{{"states", 4}});
  CHECK(error_of([] { parsed(R"({"mixer": "mamba", "heads": "two"})"); }) ==
        "config: heads of a.json is \"two\", but a whole number is needed");
  CHECK(error_of([] { parsed(R"({"mixer": "mamba", "gates": "odd"})"); }) ==
        "config: gates of a.json is \"odd\", but one of plain, normalised is needed");
  CHECK(error_of([] { parsed(R"({"mixer": 1})"); }) == "config: mixer of a.json is 1, but a string is needed");
}

TEST_CASE("mixer_json: an error names a wrong option and the most similar right one") {
  CHECK(error_of([] { parsed(R"({"mixer": {"name": "mamba", "stats": 4}})"); }) ==
        "config: mixer of a.json has the unknown key 'stats'; the nearest known one is 'states'");
  CHECK(error_of([] { parsed(R"({"mixer": {"name": "mamba", "states": [4]}})"); }) ==
        "config: states of mixer of a.json is array, but a whole number is needed");
  CHECK(error_of([] { parsed(R"({"mixer": {"name": "mingru"}, "states": 4})"); }) ==
        "config: a.json has the unknown key 'states'; the nearest known one is 'mixer'");
  CHECK(error_of([] { parsed(R"({"mixer": {"name": "mambo"}})"); }).substr(0, 24) == "mixer: name is 'mambo', ");
  CHECK(error_of([] { parsed(R"({"mixer": {"name": "mamba", "states": 1, "states": 2}})"); }) ==
        "config: a.json has the key 'states' twice");
}

// Files that the program wrote before a mixer had an object of its own, and what `scangrad` said about their networks.
TEST_CASE("mixer_json: configurations of older versions give the same networks") {
  struct Old {
    const char *file, *mixer;
    Options options;
    int64_t parameters;
  };
  const std::vector<Old> files = {
      {"copy-mingru.json", "mingru", {{"learned_h0", false}}, 1112},
      {"copy-minlstm.json", "minlstm", {{"gates", "normalised"}, {"forget_bias", 1.0}}, 1432},
      {"copy-mamba.json", "mamba", {{"states", 4}}, 1712},
      {"copy-attention.json", "attention", {{"heads", 2}}, 720},
      {"text.json", "mingru", {{"space", "log"}}, 5224},
      {"series.json", "gru", {}, 1859},
  };
  std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "old_configs";
  if (!std::filesystem::exists(folder)) folder = "tests/models/runs/old_configs";  // not started in the build folder
  for (const auto& [file, mixer, options, parameters] : files) {
    const std::string name_of_file = file;  // clang 14 cannot capture `file` itself
    INFO(name_of_file);
    const RunConfig config = load_config((folder / file).string());
    CHECK(config.stack.mixer.name == mixer);
    const Options all = mixer_options(config.stack.mixer);
    for (const auto& [name, value] : options) CHECK(all.find(name)->text() == value.text());
    const Params params(1);
    if (config.options.find("vocab") != nullptr)
      LanguageModel(params, token_network(config, config.get<int64_t>("vocab")));
    else if (config.options.find("level") != nullptr)
      LanguageModel(params, token_network(config, /*vocab=*/256));  // bytes
    else
      SeriesModel(params, {.inputs = 3, .outputs = 3, .residual = true, .stack = config.stack});
    CHECK(params.count() == parameters);
  }
}
