// What the C interface refuses: every line that it can say, and that a call which fails changes nothing.
#include "../../../models/exchange/c_api.h"
#include "../../../models/exchange/c_status.h"
#include "../../temporary_folder.h"
#include "c_models.h"

using namespace scangrad;

namespace {

std::string creation_error(const char* config) {
  scangrad_model* made = reinterpret_cast<scangrad_model*>(8);
  const std::string error = said(scangrad_model_create(config, &made));
  CHECK(made == nullptr);
  return error;
}

}  // namespace

TEST_CASE("c_api: errors name wrong configurations") {
  CHECK(creation_error(nullptr) == "scangrad_model_create: config is null");
  CHECK(said(scangrad_model_create(kTokens, nullptr)) == "scangrad_model_create: model is null");
  CHECK(creation_error("{\"vocab\": 7") == "config: the configuration is not a JSON object");
  CHECK(creation_error(R"({"vocab": 7, "layer": 2})") ==
        "config: the configuration has the unknown key 'layer'; the nearest known one is 'layers'");
  CHECK(creation_error(R"({"inputs": 7, "tied": true})").starts_with("config: the configuration has the unknown key "));
  CHECK(creation_error("{}") == "config: the configuration has neither of vocab and inputs, but one is needed");
  CHECK(creation_error(R"({"vocab": 7, "inputs": 1})") ==
        "config: the configuration has both of vocab and inputs, but one is needed");
  CHECK(creation_error(R"({"vocab": "7"})") ==
        "config: vocab of the configuration is \"7\", but a whole number is needed");
  CHECK(creation_error(R"({"vocab": 7, "seed": -1})") ==
        "config: seed of the configuration is -1, but at least 0 is needed");
  CHECK(creation_error(R"({"vocab": 0})") ==
        "embedding: vocabulary of 0 and 64 channels, but at least 1 of each is needed");
  CHECK(creation_error(R"({"inputs": 0})") == "linear: 0 channels in and 64 out, but at least 1 of each is needed");
  CHECK(creation_error(R"({"vocab": 7, "mixer": "mingur"})").starts_with("mixer: name is 'mingur', but one of "));
  CHECK(creation_error(R"({"vocab": 7, "beta1": 1})") == "adamw: beta1 is 1, but 0 <= beta1 < 1 is needed");
}

TEST_CASE("c_api: errors name null pointers") {
  const Model tokens = model(kTokens), series = model(kSeries);
  const Held state = start(tokens, 1);
  scangrad_model* const m = tokens.get();
  scangrad_sizes of;
  scangrad_parameter p;
  scangrad_state* made;
  int32_t id = 0;
  real number = 0;
  const int64_t row = 0;
  CHECK(said(scangrad_model_sizes(nullptr, &of)) == "scangrad_model_sizes: model is null");
  CHECK(said(scangrad_model_sizes(m, nullptr)) == "scangrad_model_sizes: sizes is null");
  CHECK(said(scangrad_model_parameter(nullptr, 0, &p)) == "scangrad_model_parameter: model is null");
  CHECK(said(scangrad_model_parameter(m, 0, nullptr)) == "scangrad_model_parameter: parameter is null");
  CHECK(said(scangrad_state_create(nullptr, 1, &made)) == "scangrad_state_create: model is null");
  CHECK(said(scangrad_state_create(m, 1, nullptr)) == "scangrad_state_create: the place of the new state is null");
  CHECK(said(scangrad_state_copy(nullptr, &made)) == "scangrad_state_copy: state is null");
  CHECK(said(scangrad_state_rows(nullptr, &row, 1, &made)) == "scangrad_state_rows: state is null");
  CHECK(said(scangrad_state_rows(state.get(), nullptr, 1, &made)) == "scangrad_state_rows: rows is null");
  CHECK(made == nullptr);
  CHECK(said(scangrad_state_reset(nullptr)) == "scangrad_state_reset: state is null");
  CHECK(said(scangrad_forward_ids(nullptr, nullptr, &id, nullptr, 1, 1, &number, 1)) ==
        "scangrad_forward_ids: model is null");
  CHECK(said(scangrad_forward_ids(m, nullptr, nullptr, nullptr, 1, 1, &number, 1)) ==
        "scangrad_forward_ids: ids is null");
  CHECK(said(scangrad_forward_ids(m, nullptr, &id, nullptr, 1, 1, nullptr, 1)) ==
        "scangrad_forward_ids: logits is null");
  CHECK(said(scangrad_forward_series(series.get(), nullptr, nullptr, nullptr, 1, 1, &number, 1)) ==
        "scangrad_forward_series: x is null");
  CHECK(said(scangrad_forward_series(series.get(), nullptr, &number, nullptr, 1, 1, nullptr, 1)) ==
        "scangrad_forward_series: y is null");
  CHECK(said(scangrad_loss_ids(m, nullptr, nullptr, &id, nullptr, 1, 1, SCANGRAD_TRAIN, nullptr)) ==
        "scangrad_loss_ids: ids is null");
  CHECK(said(scangrad_loss_ids(m, nullptr, &id, nullptr, nullptr, 1, 1, SCANGRAD_TRAIN, nullptr)) ==
        "scangrad_loss_ids: targets is null");
  CHECK(said(scangrad_loss_series(series.get(), nullptr, nullptr, &number, nullptr, 1, 1, SCANGRAD_TRAIN, nullptr)) ==
        "scangrad_loss_series: x is null");
  CHECK(said(scangrad_loss_series(series.get(), nullptr, &number, nullptr, nullptr, 1, 1, SCANGRAD_TRAIN, nullptr)) ==
        "scangrad_loss_series: targets is null");
  CHECK(said(scangrad_step(nullptr, nullptr)) == "scangrad_step: model is null");
  CHECK(said(scangrad_zero_gradients(nullptr)) == "scangrad_zero_gradients: model is null");
  CHECK(said(scangrad_set_lr(nullptr, 1)) == "scangrad_set_lr: model is null");
  CHECK(said(scangrad_set_seed(nullptr, 1)) == "scangrad_set_seed: model is null");
  CHECK(said(scangrad_sample(m, nullptr, 1, 0, 1, &id)) == "scangrad_sample: logits is null");
  CHECK(said(scangrad_sample(m, &number, 1, 0, 1, nullptr)) == "scangrad_sample: id is null");
  CHECK(said(scangrad_save(m, nullptr)) == "scangrad_save: path is null");
  CHECK(said(scangrad_load(m, nullptr)) == "scangrad_load: path is null");
  CHECK(said(scangrad_save_checkpoint(m, nullptr)) == "scangrad_save_checkpoint: path is null");
  CHECK(said(scangrad_load_checkpoint(m, nullptr)) == "scangrad_load_checkpoint: path is null");
}

TEST_CASE("c_api: errors name wrong sizes, and nothing changes") {
  const Model tokens = model(kTokens), other = model(kTokens), series = model(kSeries);
  const Held state = start(tokens, B);
  scangrad_state* made = nullptr;
  std::vector<real> out(B * T * 7, 9);
  const auto forward = [&](const Ids& ids, int64_t rows, int64_t steps, int64_t size, scangrad_state* from) {
    return said(scangrad_forward_ids(tokens.get(), from, ids.data(), nullptr, rows, steps, out.data(), size));
  };
  CHECK(forward(kIds, 0, T, 70, nullptr) ==
        "scangrad_forward_ids: there are 0 rows of 5 steps, but at least 1 of each is needed");
  CHECK(forward(kIds, B, -1, 70, state.get()) ==
        "scangrad_forward_ids: there are 2 rows of -1 steps, but at least 1 of each is needed");
  CHECK(forward(kIds, int64_t(1) << 40, int64_t(1) << 40, 70, nullptr) ==
        "shape: [1099511627776, 1099511627776] has too many elements, but at most 2^60 are supported");
  for (const int64_t size : {-14, 0, 13, 15, 84})
    CHECK(forward(kIds, B, T, size, nullptr) == "scangrad_forward_ids: there is room for " + std::to_string(size) +
                                                    " numbers, but 14 for each of the last 1 to 5 steps are needed");
  CHECK(forward(kIds, 1, T, 35, state.get()) == "scangrad_forward_ids: there are 1 rows, but the state has 2");
  CHECK(forward(kIds, 1, T, 35, start(other, 1).get()) == "scangrad_forward_ids: the state belongs to another model");
  CHECK(forward(Ids({1, 2}, {0, 7}), 1, 2, 14, nullptr) == "lookup: ids has 7 at [0, 1], but the table has 7 rows");
  CHECK(forward(Ids({1, 2}, {-1, 0}), 1, 2, 14, nullptr) == "lookup: ids has -1 at [0, 0], but the table has 7 rows");
  CHECK(out == std::vector<real>(B * T * 7, 9));
  CHECK(said(scangrad_forward_ids(series.get(), nullptr, kIds.data(), nullptr, 1, 1, out.data(), 3)) ==
        "scangrad_forward_ids: the model reads numbers, but one that reads ids is needed");
  CHECK(said(scangrad_forward_series(tokens.get(), nullptr, out.data(), nullptr, 1, 1, out.data(), 3)) ==
        "scangrad_forward_series: the model reads ids, but one that reads numbers is needed");

  const auto loss = [&](std::vector<int32_t> targets, int mode) {
    return said(scangrad_loss_ids(tokens.get(), nullptr, kIds.data(), targets.data(), nullptr, 1, 2, mode, nullptr));
  };
  CHECK(loss({0, 7}, SCANGRAD_TRAIN) == "cross_entropy: targets has 7 at [0, 1], but there are 7 classes");
  CHECK(loss({-1, -1}, SCANGRAD_TRAIN) == "cross_entropy: none of 2 positions counts, but at least one is needed");
  CHECK(loss({0, 0}, 3) == "scangrad_loss_ids: mode is 3, but SCANGRAD_EVALUATE, _GRADIENT or _TRAIN is needed");
  CHECK(numbers(tokens) == numbers(other));

  const std::vector<int64_t> rows{0, 2};
  CHECK(said(scangrad_state_create(tokens.get(), 0, &made)) == "state: rows is 0, but at least 1 is needed");
  CHECK(said(scangrad_state_rows(state.get(), rows.data(), 0, &made)) ==
        "scangrad_state_rows: count is 0, but at least 1 is needed");
  CHECK(said(scangrad_state_rows(state.get(), rows.data(), 2, &made)) == "state: row is 2, but there are 2 rows");
  scangrad_parameter p;
  for (const int64_t index : {int64_t(-1), sizes(tokens).parameters})
    CHECK(said(scangrad_model_parameter(tokens.get(), index, &p)) ==
          "scangrad_model_parameter: index is " + std::to_string(index) + ", but there are " +
              std::to_string(sizes(tokens).parameters) + " parameters");
  CHECK(said(scangrad_set_lr(tokens.get(), -1)) == "adamw: lr is -1, but a finite number of at least 0 is needed");
  CHECK(said(scangrad_set_threads(0)) == "threads: count is 0, but at least 1 is needed");
  int32_t id = 9;
  CHECK(said(scangrad_sample(tokens.get(), out.data(), -1, 0, 1, &id)) ==
        "sampler: temperature is -1, but at least 0 is needed");
  out[3] = NAN;
  CHECK(said(scangrad_sample(tokens.get(), out.data(), 1, 0, 1, &id)) ==
        "sampler: logit of token 3 is nan, but a finite number is needed");
  CHECK(id == 9);
}

TEST_CASE("c_api: errors name missing and wrong files, and nothing changes") {
  const TemporaryFolder folder;
  const std::string missing = folder.file("missing"), nowhere = folder.file("no/where"), of_series = folder.file("s");
  const Model tokens = model(kTokens), same = model(kTokens), series = model(kSeries);
  CHECK(said(scangrad_load(tokens.get(), missing.c_str())) ==
        "safetensors: cannot open " + missing + " (No such file or directory)");
  CHECK(said(scangrad_load_checkpoint(tokens.get(), missing.c_str())) ==
        "safetensors: cannot open " + missing + " (No such file or directory)");
  CHECK(said(scangrad_save(tokens.get(), nowhere.c_str())) ==
        "atomic_file: cannot write " + nowhere + " (No such file or directory)");
  CHECK(said(scangrad_save_checkpoint(tokens.get(), nowhere.c_str())) ==
        "atomic_file: cannot write " + nowhere + " (No such file or directory)");
  CHECK(done(scangrad_save(series.get(), of_series.c_str())));
  CHECK(said(scangrad_load(tokens.get(), of_series.c_str())).starts_with("safetensors: " + of_series + " lacks "));
  CHECK(said(scangrad_load_checkpoint(tokens.get(), of_series.c_str())) ==
        "checkpoint: " + of_series + " does not hold the state of a training run");
  CHECK(numbers(tokens) == numbers(same));
}

TEST_CASE("c_api: training continues after a batch without finite numbers") {
  const Model series = model(kSeries), same = model(kSeries);
  const Held state = start(series, 1), fresh = start(same, 1);
  const Tensor good = random_tensor({1, 2, 2}, 1), targets = random_tensor({1, 2, 3}, 2);
  Tensor bad = good.clone();
  bad.mutable_data()[0] = NAN;
  const auto train = [&](const Model& of, const Held& from, const Tensor& x) {
    return scangrad_loss_series(of.get(), from.get(), x.data(), targets.data(), nullptr, 1, 2, SCANGRAD_TRAIN, nullptr);
  };
  CHECK(said(train(series, state, bad)).ends_with(" holds nan, but finite numbers are needed"));
  CHECK((done(train(series, state, good)) && done(train(same, fresh, good))));
  CHECK((done(train(series, state, good)) && done(train(same, fresh, good))));
  CHECK(numbers(series) == numbers(same));
}

TEST_CASE("c_api: no exception leaves a function") {
  ErrorText text = "";
  const auto status = [&](auto f) { return status_of(text, f); };
  CHECK((status([] {}) == SCANGRAD_OK && std::string(text).empty()));
  CHECK(status([] { throw std::bad_alloc(); }) == SCANGRAD_ERROR);
  CHECK(std::string(text) == "scangrad: the system has no more memory");
  CHECK(status([] { throw std::out_of_range("map: no such key"); }) == SCANGRAD_ERROR);
  CHECK(std::string(text) == "map: no such key");
  CHECK(status([] { throw 7; }) == SCANGRAD_ERROR);
  CHECK(std::string(text) == "scangrad: something was thrown that is no exception");
  CHECK(status([] { throw Busy("busy"); }) == SCANGRAD_BUSY);
  CHECK(status([] { throw std::runtime_error(std::string(3000, 'x')); }) == SCANGRAD_ERROR);
  CHECK(std::string(text) == std::string(sizeof text - 1, 'x'));
}
