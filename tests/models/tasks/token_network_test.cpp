#include "../../../models/tasks/token_network.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("token_network: options of a run become those of the network, and back") {
  RunConfig config = default_config("copy");
  config.stack.layers = 2;
  config.options.set("tied", true);
  config.options.set("positions", 9);
  config.options.set("embed_dropout", 0.25);
  const LanguageModelConfig network = token_network(config, 33);
  CHECK((network.vocab == 33 && network.stack.layers == 2 && network.tied));
  CHECK((network.positions == 9 && network.embed_dropout == 0.25));
  RunConfig again = default_config("text");
  set_token_network(again, network);
  CHECK((again.get<bool>("tied") && again.get<int64_t>("positions") == 9 && again.stack.layers == 2));
}

TEST_CASE("token_network: the list names each option once, with the network's default") {
  const OptionList list = token_options();
  CHECK(list.size() == 3);
  CHECK(find_option(list, "positions")->standard == OptionValue(0));
  CHECK(find_option(list, "tied")->standard == OptionValue(false));
  CHECK(find_option(list, "embed_dropout")->standard == OptionValue(0.0));
}
