#include "token_network.h"

#include <type_traits>

#include "../runs/config_fields.h"

namespace scangrad::SCANGRAD_PRECISION {

OptionList token_options() {
  OptionList list;
  LanguageModelConfig standard;
  each_token_field(standard, [&](const char* name, auto& value, const FieldHelp& help) {
    list.push_back({name, value, help.text, help.marks});
  });
  return list;
}

LanguageModelConfig token_network(const RunConfig& config, int64_t vocab) {
  LanguageModelConfig network{.vocab = vocab, .stack = config.stack};
  each_token_field(network, [&](const char* name, auto& value, const char*) {
    value = config.get<std::decay_t<decltype(value)>>(name);
  });
  return network;
}

void set_token_network(RunConfig& config, const LanguageModelConfig& network) {
  config.stack = network.stack;
  each_token_field(network, [&](const char* name, const auto& value, const char*) { config.options.set(name, value); });
}

}  // namespace scangrad::SCANGRAD_PRECISION
