#include "../../../nn/mixers/table.h"

#include "../../../core/autograd.h"
#include "../../../core/observe/gate_watch.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("table: each row has a name and a help text, and the mixer accepts its options") {
  for (const MixerRow& row : built_in_mixers()) {
    INFO(row.name);
    CHECK((!row.name.empty() && !row.help.empty()));
    MixerConfig config{.dim = 4};
    config.options = complete(row.name, row.options, {});
    CHECK(row.make(Params(1), config) != nullptr);
    config.options.set("no_option", 1);
    CHECK(error_of([&] { row.make(Params(1), config); }).find("no_option is not an option here") != std::string::npos);
    if (!row.minimal_form_of.empty()) CHECK(mixer_row(row.minimal_form_of).minimal_form_of.empty());
  }
}

TEST_CASE("table: a mixer runs in reverse exactly if its row says so") {
  for (const MixerRow& row : built_in_mixers()) {
    INFO(row.name);
    const auto mixer = row.make(Params(1), {.dim = 4});
    State state(1);
    const std::string error = error_of([&] { (*mixer)(random_tensor({1, 3, 4}, 1), state, Boundaries().reversed()); });
    CHECK((error == "(no error)") == row.reverses);
  }
}

TEST_CASE("table: a mixer reports its gates exactly if its row says so, and they act on the state named there") {
  for (const MixerRow& row : built_in_mixers()) {
    INFO(row.name);
    const auto mixer = row.make(Params(1), {.dim = 4, .expansion = 2});
    State state(1);
    const NoGrad no_grad;
    const GateWatch watch;
    (*mixer)(random_tensor({1, 3, 4}, 1), state);
    CHECK(watch.calls().empty() == row.gated_state.empty());
    if (row.gated_state.empty()) continue;
    CHECK(watch.calls().front().keep.size(-1) == state.get(row.gated_state).size(-1));
  }
}

TEST_CASE("table: options for benchmarks are options of the mixer") {
  for (const MixerRow& row : built_in_mixers())
    if (row.bench.options != nullptr)
      for (const int64_t dim : {1, 64, 384})
        CHECK(known_options(row.options, row.bench.options(dim)) == row.bench.options(dim));
}
