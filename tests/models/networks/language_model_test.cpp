#include "../../../models/networks/language_model.h"

#include <thread>

#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/losses/accuracy.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../nn/modules.h"

using namespace scangrad;

TEST_CASE("language_model: gradients of every parameter equal central differences") {
  const Params params(4);
  const LanguageModel model(params, {.vocab = 5, .stack = {.layers = 2, .dim = 3, .expansion = 2}});
  const Ids ids = random_ids({2, 4}, 1, 5), targets = random_ids({2, 4}, 2, 5);
  const auto f = [&] {
    State state = model.start(2);
    return cross_entropy(model(ids, state), targets);
  };
  CHECK(check_gradients(params, f) < (kDouble ? 1e-7 : 5e-2));
}

TEST_CASE("language_model: the released code's parameter counts") {
  const auto count = [](const LanguageModelConfig& config) {
    const Params params(1);
    const LanguageModel model(params, config);
    return params.count();
  };
  // The released network has a norm of 64 more in each block, for an MLP that is off.
  CHECK(count({.stack = {.layers = 3, .expansion = 4}}) == 152'448 - 3 * 64);
  CHECK(count({.stack = {.mixer = "minlstm", .layers = 3, .expansion = 4}}) == 202'368 - 3 * 64);
  CHECK(count({.stack = {.layers = 3, .expansion = 6}}) == 227'328 - 3 * 64);
}

TEST_CASE("language_model: step by step equals the whole sequence, and `last` gives its end") {
  const LanguageModel model(Params(4),
                            {.vocab = 7, .stack = {.layers = 2, .dim = 4, .expansion = 2, .kernel = 3, .mlp = 2}});
  const Ids ids = random_ids({2, 6}, 1, 7);
  State once = model.start(2), stepped = model.start(2), end = model.start(2);
  const Tensor whole = model(ids, once);
  for (int64_t t = 0; t < 6; ++t) {
    const Ids step({2, 1}, {ids[t], ids[6 + t]});
    CHECK(relative_error(model(step, stepped), slice(whole, 1, t, t + 1)) < (kDouble ? 1e-12 : 1e-5));
  }
  CHECK(stepped.position() == 6);
  CHECK(relative_error(model(ids, end, {}, nullptr, 2), slice(whole, 1, 4, 6)) < (kDouble ? 1e-13 : 1e-5));
}

TEST_CASE("language_model: positions start with each sequence, continue with the state and end where the table does") {
  const Params params(4);
  const LanguageModel model(
      params, {.vocab = 7, .positions = 6, .stack = {.mixer = {"attention", {{"heads", 2}}}, .layers = 2, .dim = 4}});
  const Ids ids = random_ids({2, 6}, 1, 7), targets = random_ids({2, 6}, 2, 7);
  State once = model.start(2), stepped = model.start(2);
  const Tensor whole = model(ids, once);
  const double tolerance = kDouble ? 1e-12 : 1e-5;
  for (int64_t t = 0; t < 6; ++t) {
    const Ids step({2, 1}, {ids[t], ids[6 + t]});
    CHECK(relative_error(model(step, stepped), slice(whole, 1, t, t + 1)) < tolerance);
  }
  CHECK(error_of([&] {
          model(Ids({2, 1}, {0, 0}), stepped);
        }) == "language_model: a sequence has 7 steps, but positions is 6");
  CHECK(error_of([&] {
          State again(1);
          model(Ids({1, 2}, {0, 0}), again, Boundaries().reversed());
        }) == "language_model: sequences run in reverse, but only forward is possible");

  State reset = model.start(1), fresh = model.start(1);
  const Tensor with_reset = model(Ids({1, 3}, {3, 1, 2}), reset, Boundaries::reset(Ids({1, 3}, {0, 1, 0})));
  CHECK(relative_error(slice(with_reset, 1, 1, 3), model(Ids({1, 2}, {1, 2}), fresh)) < tolerance);
  CHECK(reset.position() == 2);

  State padded = model.start(2);
  model(ids, padded, Boundaries::lengths({6, 2}));
  CHECK(padded.position(0) == 6);
  CHECK(padded.position(1) == 2);
  const auto f = [&] {
    State state = model.start(2);
    return cross_entropy(model(ids, state), targets);
  };
  for (const char* table :
       {"embedding.weight", "positions.weight"}) {  // large compared with the step of the differences
    Tensor weight = params.find(table).tensor;
    weight.copy_from(scale(weight, 50));
  }
  CHECK(check_gradients(params, f) < (kDouble ? 1e-7 : 5e-2));
  CHECK(error_of([] { LanguageModel(Params(4), {.embed_dropout = 1}); }) ==
        "language_model: embed_dropout is 1, but 0 to below 1 is needed");
  CHECK(error_of([] { LanguageModel(Params(4), {.outputs = -1}); }) ==
        "language_model: outputs is -1, but at least 0 is needed");
  CHECK(error_of([] { LanguageModel(Params(4), {.stack = {.dropout = 7}}); }) ==
        "stack: dropout is 7, but 0 to below 1 is needed");
  CHECK(error_of([] { LanguageModel(Params(4), {.positions = -1}); }) ==
        "language_model: positions is -1, but at least 0 is needed");
}

TEST_CASE("language_model: errors name wrong inputs") {
  const LanguageModel model(Params(4), {.vocab = 7, .stack = {.layers = 1, .dim = 4, .expansion = 2}});
  State state = model.start(2);
  CHECK(error_of([&] {
          model(Ids({2, 0}), state);
        }) == "language_model: ids has shape [2, 0], but (B, T) with at least one row and step is needed");
  CHECK(error_of([&] {
          model(Ids({0, 2}), state);
        }) == "language_model: ids has shape [0, 2], but (B, T) with at least one row and step is needed");
  CHECK(error_of([&] {
          model(random_ids({3, 2}, 1, 7), state);
        }) == "language_model: state has 2 rows, but the batch has 3 streams");
  CHECK(error_of([&] {
          model(random_ids({2, 2}, 1, 7), state, {}, nullptr, 3);
        }) == "language_model: last is 3, but 0 to 2 is needed");
}

TEST_CASE("language_model: the loss is the cross-entropy of the logits, by blocks for a large vocabulary too") {
  for (const int64_t vocab : {7, 5000}) {
    for (const bool tied : {false, true}) {
      const Params params(3);
      const LanguageModel model(params,
                                {.vocab = vocab, .tied = tied, .stack = {.layers = 1, .dim = 6, .expansion = 2}});
      const Ids ids = random_ids({3, 5}, 1, vocab), targets = random_ids({3, 5}, 2, vocab);
      State a(3), b(3);
      const auto [loss, right] = model.loss(ids, targets, a);
      loss.backward();
      const Tensor gradient = params.gradients().clone();
      params.zero_grad();
      const Tensor logits = model(ids, b), plain = cross_entropy(logits, targets);
      plain.backward();
      const double tolerance = kDouble ? 1e-12 : 1e-5;
      CHECK(relative_error(loss, plain) < tolerance);
      CHECK(right == accuracy(logits, targets));
      CHECK(relative_error(gradient, params.gradients()) < tolerance);
      CHECK(same_bits(a.get("blocks.0.mixer.h"), b.get("blocks.0.mixer.h")));
    }
  }
}

TEST_CASE("language_model: a tied head has no weights of its own") {
  const Params apart(1), tied(1);
  const LanguageModelConfig config{.vocab = 7, .stack = {.layers = 1, .dim = 6, .expansion = 2}};
  const LanguageModel a(apart, config);
  LanguageModelConfig shared = config;
  shared.tied = true;
  const LanguageModel b(tied, shared);
  CHECK(apart.count() - tied.count() == 7 * 6);
  shared.outputs = 3;
  CHECK(error_of([&] { LanguageModel(Params(1), shared); }) ==
        "language_model: 3 outputs with tied weights, but as many as the vocabulary's 7 are needed");
}

TEST_CASE("language_model: several threads that predict with the same weights get the same bits as one alone") {
  const Params params(5);
  const LanguageModel model(params, {.vocab = 7, .stack = {.layers = 2, .dim = 20, .kernel = 3, .mlp = 2}});
  const Ids ids = random_ids({2, 300}, 1, 7);
  const auto predict = [&] {
    const NoGrad off;
    State state = model.start(2);
    return model(ids, state);
  };
  const Tensor alone = predict();
  std::vector<Tensor> together(3);
  std::vector<std::thread> crew;
  for (Tensor& logits : together)
    crew.emplace_back([&] {
      for (int i = 0; i < 3; ++i) logits = predict();
    });
  for (std::thread& each : crew) each.join();
  for (const Tensor& logits : together) CHECK(same_bits(logits, alone));
}
