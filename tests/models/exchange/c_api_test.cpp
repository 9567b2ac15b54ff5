#include "../../../models/exchange/c_api.h"

#include <atomic>
#include <thread>

#include "../../../models/runs/trained_run.h"
#include "../../../models/tasks/series/series_row.h"
#include "../../../models/tasks/token_network.h"
#include "../../../nn/saved_params.h"
#include "../../../ops/losses/mean_squared_error.h"
#include "../../temporary_folder.h"
#include "c_models.h"

using namespace scangrad;

TEST_CASE("c_api: results are those of the C++ network, bit by bit") {
  const NoGrad no_grad;
  const LanguageModel same(Params(5), kSameTokens);
  State state = same.start(B);
  const Tensor expected = same(kIds, state);
  const Model tokens = model(kTokens);
  std::vector<real> logits(B * T * 7), last(B * 2 * 7);
  CHECK(done(scangrad_forward_ids(tokens.get(), nullptr, kIds.data(), nullptr, B, T, logits.data(), B * T * 7)));
  CHECK(logits == expected.values());
  CHECK(done(scangrad_forward_ids(tokens.get(), nullptr, kIds.data(), nullptr, B, T, last.data(), B * 2 * 7)));
  for (int64_t b = 0; b < B; ++b)
    for (int64_t i = 0; i < 2 * 7; ++i)
      CHECK(last[size_t(b * 2 * 7 + i)] == doctest::Approx(logits[size_t((b * T + T - 2) * 7 + i)]).epsilon(1e-5));

  const SeriesModel other(Params(5), kSameSeries);
  const Tensor x = random_tensor({B, T, 2}, 3);
  State begun = other.start(B);
  const Tensor y = other(x, begun);
  const Model series = model(kSeries);
  std::vector<real> results(B * T * 3), newest(B * 3);
  CHECK(done(scangrad_forward_series(series.get(), nullptr, x.data(), nullptr, B, T, results.data(), B * T * 3)));
  CHECK(results == y.values());
  CHECK(done(scangrad_forward_series(series.get(), nullptr, x.data(), nullptr, B, T, newest.data(), B * 3)));
  for (int64_t b = 0; b < B; ++b)
    CHECK(std::equal(&newest[size_t(b * 3)], &newest[size_t(b * 3)] + 3, &results[size_t((b * T + T - 1) * 3)]));
}

TEST_CASE("c_api: training ends with the weights of the same loop in C++, bit by bit") {
  const Params params(5);
  const LanguageModel same(params, kSameTokens);
  AdamW adam(params, kSameAdam);
  Rng rng(5, uint64_t(1) << 40);
  const Model tokens = model(kTokens);
  const Held carried = start(tokens, B);
  State state = same.start(B);
  for (int step = 0; step < 3; ++step) {
    const Tensor expected = same.loss(kIds, kTargets, state, {}, &rng).loss;
    expected.backward();
    CHECK(done(train(tokens, SCANGRAD_GRADIENT, nullptr, carried.get())));
    CHECK(numbers(tokens, true)[0] == params.list()[0].tensor.grad().data()[0]);
    params.zero_grad();
    CHECK(done(scangrad_zero_gradients(tokens.get())));
    CHECK(numbers(tokens, true) == std::vector<real>(size_t(params.count())));

    double loss = 0, norm = 0;
    state = state.detach();
    const Tensor second = same.loss(kIds, kTargets, state, {}, &rng).loss;
    second.backward();
    state = state.detach();
    if (step == 1) adam.set_lr(0.1);
    const double expected_norm = adam.step();
    if (step == 1) CHECK(done(scangrad_set_lr(tokens.get(), 0.1)));
    CHECK(done(train(tokens, SCANGRAD_GRADIENT, &loss, carried.get())));
    CHECK(done(scangrad_step(tokens.get(), &norm)));
    CHECK((loss == double(second.item()) && norm == expected_norm));
  }
  CHECK(numbers(tokens) == numbers(params.tensors()));

  double before = 0, after = 0;
  CHECK(done(train(tokens, SCANGRAD_EVALUATE, &before)));
  for (int step = 0; step < 20; ++step) CHECK(done(train(tokens)));
  CHECK(done(train(tokens, SCANGRAD_EVALUATE, &after)));
  CHECK(after < before);
}

TEST_CASE("c_api: a series learns by the mean squared error, with the gradient of C++") {
  const Params params(5);
  const SeriesModel same(params, kSameSeries);
  const Tensor x = random_tensor({B, T, 2}, 3), targets = random_tensor({B, T, 3}, 4);
  const Model series = model(kSeries);
  const auto loss = [&](int mode) {
    double result = 0;
    CHECK(done(scangrad_loss_series(series.get(), nullptr, x.data(), targets.data(), nullptr, B, T, mode, &result)));
    return result;
  };
  State state = same.start(B);
  const Tensor expected = mean_squared_error(same(x, state), targets);
  CHECK(loss(SCANGRAD_EVALUATE) == double(expected.item()));
  CHECK(loss(SCANGRAD_GRADIENT) == double(expected.item()));
  expected.backward();
  std::vector<Tensor> gradients;
  for (const Param& param : params.list()) gradients.push_back(param.tensor.grad());
  CHECK(numbers(series, true) == numbers(gradients));
  const double before = loss(SCANGRAD_TRAIN);
  for (int step = 0; step < 20; ++step) loss(SCANGRAD_TRAIN);
  CHECK(loss(SCANGRAD_EVALUATE) < before);
}

TEST_CASE("c_api: sequences in parts, step by step, copied, picked and reset agree") {
  const Model tokens = model(kTokens);
  std::vector<real> whole(B * T * 7);
  CHECK(done(scangrad_forward_ids(tokens.get(), nullptr, kIds.data(), nullptr, B, T, whole.data(), B * T * 7)));
  // The logits of a step of `rows` are those of step t of these rows in the whole.
  const auto step = [&](scangrad_state* state, std::vector<int64_t> rows, int64_t t, const int32_t* reset = nullptr) {
    const int64_t count = static_cast<int64_t>(rows.size());
    std::vector<int32_t> ids;
    std::vector<real> logits(size_t(count * 7));
    for (const int64_t row : rows) ids.push_back(kIds[row * T + t]);
    CHECK(done(scangrad_forward_ids(tokens.get(), state, ids.data(), reset, count, 1, logits.data(), count * 7)));
    for (size_t i = 0; i < logits.size(); ++i)
      CHECK(logits[i] ==
            doctest::Approx(whole[size_t(rows[i / 7] * T + t) * 7 + i % 7]).epsilon(kDouble ? 1e-10 : 1e-4));
  };
  const Held state = start(tokens, B);
  step(state.get(), {0, 1}, 0);
  step(state.get(), {0, 1}, 1);
  scangrad_state* copy = nullptr;
  CHECK(done(scangrad_state_copy(state.get(), &copy)));
  const Held kept(copy, scangrad_state_free);
  scangrad_state* picked = nullptr;
  const std::vector<int64_t> rows{1, 0, 1};
  CHECK(done(scangrad_state_rows(state.get(), rows.data(), 3, &picked)));
  const Held three(picked, scangrad_state_free);
  step(state.get(), {0, 1}, 2);
  step(kept.get(), {0, 1}, 2);
  step(three.get(), rows, 2);
  step(three.get(), rows, 3);
  CHECK(done(scangrad_state_reset(state.get())));
  step(state.get(), {0, 1}, 0);
  const std::vector<int32_t> second_anew{0, 1};
  std::vector<real> logits(2 * 7);
  const std::vector<int32_t> ids{kIds[1], kIds[T]};  // step 1 of the first row, step 0 of the second
  CHECK(done(scangrad_forward_ids(tokens.get(), state.get(), ids.data(), second_anew.data(), 2, 1, logits.data(), 14)));
  for (size_t i = 0; i < 7; ++i) {
    CHECK(logits[i] == doctest::Approx(whole[7 + i]).epsilon(1e-4));
    CHECK(logits[7 + i] == doctest::Approx(whole[size_t(T * 7) + i]).epsilon(1e-4));
  }
}

TEST_CASE("c_api: sizes and parameters are those of the network, and weights can be written") {
  const Params params(5);
  const LanguageModel same(params, kSameTokens);
  const Model tokens = model(kTokens);
  const scangrad_sizes of = sizes(tokens);
  CHECK((of.inputs == 7 && of.outputs == 7 && of.count == params.count()));
  CHECK(of.parameters == int64_t(params.list().size()));
  for (int64_t i = 0; i < of.parameters; ++i) {
    const Param& expected = params.list()[size_t(i)];
    const scangrad_parameter p = parameter(tokens, i);
    CHECK((p.name == expected.name && Shape(p.shape, int(p.rank)) == expected.tensor.shape()));
    CHECK(std::vector<real>(p.values, p.values + p.count) == expected.tensor.values());
  }
  const scangrad_sizes other = sizes(model(kSeries));
  CHECK((other.inputs == 2 && other.outputs == 3));

  double loss = 0;
  std::fill_n(parameter(tokens, of.parameters - 1).values, 7 * 8, real(0));  // the head
  CHECK(done(train(tokens, SCANGRAD_EVALUATE, &loss)));
  CHECK(loss == doctest::Approx(std::log(7.0)));
}

TEST_CASE("c_api: missing keys of a configuration have the documented values") {
  const Model brief = model(R"({"vocab": 7, "layers": 1})");
  const Model full = model(R"({"vocab": 7, "outputs": 0, "mixer": "mingru", "layers": 1, "dim": 64, "expansion": 6,
      "kernel": 0, "mlp": 0, "mlp_kind": "gelu", "norm": "rms", "dropout": 0, "candidate": "g", "space": "linear",
      "gates": "plain", "forget_bias": 3, "learned_h0": true, "bias": true, "to_out": true, "states": 16, "heads": 1,
      "recompute": false, "embed_dropout": 0, "tied": false, "positions": 0, "lr": 3e-4, "weight_decay": 0.05, "beta1": 0.9, "beta2": 0.999, "decay_policy": "paper",
      "clip": 1, "seed": 42})");
  for (int step = 0; step < 2; ++step) CHECK((done(train(brief)) && done(train(full))));
  CHECK(numbers(brief) == numbers(full));
  CHECK(sizes(model(R"({"inputs": 2, "layers": 1})")).outputs == 1);
}

TEST_CASE("c_api: a precision is used for gradients, and not for evaluations") {
  const char* const in_bf16 = R"({"vocab": 7, "layers": 1, "precision": "bf16"})";
  const Model exact = model(R"({"vocab": 7, "layers": 1, "precision": "float"})");
  scangrad_model* failed = nullptr;
  CHECK(scangrad_model_create(R"({"vocab": 7, "precision": "half"})", &failed) == SCANGRAD_ERROR);
  CHECK(std::string(scangrad_last_error()).find("one of float, bf16 is needed") != std::string::npos);
  const Model rounded = model(in_bf16);
  double a = 0, b = 0;
  CHECK((done(train(exact, SCANGRAD_EVALUATE, &a)) && done(train(rounded, SCANGRAD_EVALUATE, &b))));
  CHECK(a == b);
  CHECK((done(train(exact, SCANGRAD_GRADIENT, &a)) && done(train(rounded, SCANGRAD_GRADIENT, &b))));
  CHECK((a == b) == kDouble);
  CHECK(a == doctest::Approx(b).epsilon(1e-2));
}

TEST_CASE("c_api: weights and training are resumed from files") {
  const TemporaryFolder folder;
  const std::string weights = folder.file("model.safetensors"), all = folder.file("train.safetensors");
  const Model first = model(kTokens), second = model(kTokens), third = model(kTokens);
  for (int step = 0; step < 2; ++step) CHECK(done(train(first)));
  CHECK(done(scangrad_save(first.get(), weights.c_str())));
  CHECK(done(scangrad_save_checkpoint(first.get(), all.c_str())));
  CHECK(done(scangrad_load(second.get(), weights.c_str())));
  CHECK(done(scangrad_load_checkpoint(third.get(), all.c_str())));
  CHECK(numbers(second) == numbers(first));
  for (const Model* each : {&first, &second, &third}) CHECK(done(train(*each)));
  CHECK(numbers(second) != numbers(first));
  CHECK(numbers(third) == numbers(first));
}

TEST_CASE("c_api: samples are drawn by the seed") {
  const Model tokens = model(kTokens);
  const std::vector<real> logits{0, 1, 2, 3, 2, 1, 0};
  const auto draw = [&](double temperature) {
    int32_t id = -1;
    CHECK(done(scangrad_sample(tokens.get(), logits.data(), temperature, 0, 1, &id)));
    return id;
  };
  std::vector<int32_t> ids, again;
  for (int i = 0; i < 20; ++i) ids.push_back(draw(1));
  CHECK(done(scangrad_set_seed(tokens.get(), 5)));  // what the configuration says
  for (int i = 0; i < 20; ++i) again.push_back(draw(1));
  CHECK(ids == again);
  CHECK(std::adjacent_find(ids.begin(), ids.end(), std::not_equal_to<>()) != ids.end());
  CHECK(draw(0) == 3);
}

TEST_CASE("c_api: states may outlive their model") {
  Held state(nullptr, scangrad_state_free);
  {
    const Model tokens = model(kTokens);
    state = start(tokens, B);
    std::vector<real> logits(B * 7);
    CHECK(done(scangrad_forward_ids(tokens.get(), state.get(), kIds.data(), nullptr, B, T, logits.data(), B * 7)));
  }
  CHECK(done(scangrad_state_reset(state.get())));
  scangrad_model_free(nullptr);
  scangrad_state_free(nullptr);
}

TEST_CASE("c_api: the network in a run's folder has its weights, and is trained on") {
  const TemporaryFolder folder;
  RunConfig config = default_config("series");
  config.stack.layers = 1;
  config.stack.dim = 4;
  const SeriesScaling scaling{{{"load", "wind"}, {10, 5}, {2, 1}}, {}, 0};
  const Params params(7);
  const SeriesModel same(params, forecasting_network(config, scaling.inputs));
  save_config(config, folder.file("config.json"));
  scaling.save(folder.file("scaling.json"));
  save_params(params, folder.file("model.safetensors"));
  scangrad_model* made = nullptr;
  REQUIRE_MESSAGE(scangrad_model_open(folder.path.c_str(), &made) == SCANGRAD_OK, scangrad_last_error());
  const Model opened(made, scangrad_model_free);
  CHECK((sizes(opened).inputs == 2 && sizes(opened).outputs == 2));
  const Tensor x = random_tensor({B, T, 2}, 3);
  State state = same.start(B);
  const NoGrad no_grad;
  std::vector<real> results(B * T * 2);
  CHECK(done(scangrad_forward_series(made, nullptr, x.data(), nullptr, B, T, results.data(), B * T * 2)));
  CHECK(results == same(x, state).values());
  CHECK(done(scangrad_loss_series(made, nullptr, x.data(), x.data(), nullptr, B, T, SCANGRAD_TRAIN, nullptr)));

  config.task = "sequences";
  config.options = {{"data", "x.npy"}, {"labels", "y.npy"}, {"lengths", ""}, {"head", "last"}};
  for (const char* const share : {"validation_share", "test_share"}) config.options.set(share, 0.1);
  save_config(config, folder.file("config.json"));
  SeriesScaling{scaling.inputs, {}, /*classes=*/2}.save(folder.file("scaling.json"));
  CHECK(said(scangrad_model_open(folder.path.c_str(), &made)) ==
        "scangrad_model_open: " + folder.path.string() +
            " holds a network of one result for a sequence, but one for each step is needed");
  CHECK(made == nullptr);

  RunConfig copying = default_config("copy");
  copying.stack = config.stack;
  copying.options.set("vocab", 9);
  const Params of_tokens(8);
  const LanguageModel same_tokens(of_tokens, token_network(copying, 9));
  save_config(copying, folder.file("config.json"));
  save_params(of_tokens, folder.file("model.safetensors"));
  REQUIRE(done(scangrad_model_open(folder.path.c_str(), &made)));
  const Model tokens(made, scangrad_model_free);
  CHECK((sizes(tokens).inputs == 9 && sizes(tokens).outputs == 9));
  std::vector<real> logits(B * T * 9);
  State begun = same_tokens.start(B);
  CHECK(done(scangrad_forward_ids(made, nullptr, kIds.data(), nullptr, B, T, logits.data(), B * T * 9)));
  CHECK(logits == same_tokens(kIds, begun).values());

  CHECK(said(scangrad_model_open("nowhere", &made)) == "run: nowhere is no folder, but the folder of a run is needed");
  CHECK(said(scangrad_model_open(nullptr, &made)) == "scangrad_model_open: folder is null");
  CHECK(said(scangrad_model_open("nowhere", nullptr)) == "scangrad_model_open: model is null");
}

TEST_CASE("c_api: several models train side by side as each alone") {
  const auto result = [] {
    const Model tokens = model(kTokens);
    for (int step = 0; step < 10; ++step) REQUIRE(done(train(tokens)));
    return numbers(tokens);
  };
  const std::vector<real> expected = result();
  std::vector<std::vector<real>> results(4);
  std::vector<std::thread> crew;
  for (auto& to : results) crew.emplace_back([&to, result] { to = result(); });
  for (std::thread& each : crew) each.join();
  for (const auto& each : results) CHECK(each == expected);
}

TEST_CASE("c_api: a second thread in a call on a model is refused, and errors are each thread's own") {
  const Model tokens = model(kTokens);
  const Held state = start(tokens, B);
  CHECK(said(scangrad_step(nullptr, nullptr)) == "scangrad_step: model is null");
  std::atomic<bool> refused{false}, over{false};
  std::string message;
  int worst = SCANGRAD_OK;
  std::thread other([&] {
    CHECK(std::string(scangrad_last_error()).empty());
    while (!refused && !over) {
      const int status = scangrad_state_reset(state.get());
      if (status == SCANGRAD_BUSY)
        message = scangrad_last_error(), refused = true;
      else
        worst = std::max(worst, status);
    }
  });
  int busy = 0;
  for (int step = 0; step < 20'000 && !refused; ++step) {
    const int status = train(tokens, SCANGRAD_TRAIN, nullptr, state.get());
    busy += status == SCANGRAD_BUSY;
    if (status != SCANGRAD_BUSY) worst = std::max(worst, status);
  }
  over = true;
  other.join();
  CHECK((refused && worst == SCANGRAD_OK));
  CHECK(message == "scangrad_state_reset: another thread is in a call on this model");
  if (busy == 0) CHECK(std::string(scangrad_last_error()) == "scangrad_step: model is null");
  CHECK(done(train(tokens)));
}

TEST_CASE("c_api: the number of threads can be set, and the version is the header's") {
  const WithThreads before(threads());
  CHECK(done(scangrad_set_threads(3)));
  CHECK((threads() == 3 && scangrad_threads() == 3));
  CHECK(scangrad_c_version() == SCANGRAD_C_VERSION);
}
