#include "mixers.h"

using namespace scangrad;

TEST_CASE("mixer: every mixer of the table agrees in parallel, in chunks and step by step") {
  CHECK(mixer_names() == std::vector<std::string>{"mingru", "minlstm", "mamba", "attention", "gru", "lstm", "elman"});
  for (const std::string& name : mixer_names()) {
    check_mixer(name, {.dim = 1});
    check_mixer(name, {.dim = 6, .expansion = 1.5});
    check_mixer(name, {.dim = 3, .expansion = 2, .learned_h0 = false});
  }
}

TEST_CASE("mixer: an unknown name gets the nearest one") {
  CHECK(error_of([] { make_mixer("mingur", Params(1), {}); }) ==
        "mixer: name is 'mingur', but one of mingru, minlstm, mamba, attention, gru, lstm, elman is needed; the "
        "nearest is 'mingru'");
}

TEST_CASE("mixer: inner channels are a whole number of at least one") {
  CHECK(inner_channels("min_gru", {.dim = 6, .expansion = 1.5}) == 9);
  CHECK(inner_channels("min_gru", {.dim = 49, .expansion = 1 / 49.0}) == 1);  // 49 (1 / 49) is below 1
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = 1.5}); }) ==
        "min_gru: expansion is 1.5 at dim 5, but expansion * dim must be a whole number of channels");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = -1}); }) ==
        "min_gru: expansion is -1 at dim 5, but expansion * dim must be a whole number of channels");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 0}); }) == "min_gru: dim is 0, but at least 1 is needed");
}
