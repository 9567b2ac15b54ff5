#include "../../../models/analysis/state_gradient.h"

#include "../../../core/observe/gate_watch.h"
#include "../../../models/analysis/gate_statistics.h"
#include "../../../models/networks/language_model.h"
#include "../../../nn/min_gru.h"
#include "../../../nn/mixers/min_lstm.h"
#include "../../../ops/activations.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../../ops/reduce.h"
#include "../../nn/modules.h"

using namespace scangrad;

TEST_CASE("state_gradient: of a single channel it is the product of the coefficients, worked from the weights") {
  const int64_t T = 7;
  const Tensor x = random_tensor({1, T, 1}, 1, -2, 2);
  for (const char* name : {"mingru", "minlstm"}) {
    const Params params(3);
    const auto layer =
        make_mixer(name, params, {.dim = 1, .options = known_options(mixer_row(name).options, {{"forget_bias", 0}})});
    const Tensor weight = params.find("to_hidden_and_gate.weight").tensor,
                 bias = params.find("to_hidden_and_gate.bias").tensor;
    State start(1);
    (*layer)(x, start, Boundaries::lengths({0}));
    CHECK(start.get("h").item() == doctest::Approx(positive_g(params.find("h0").tensor).item()));

    const GateWatch watch;
    const State gradient =
        state_gradient(start, [&](State& state) { return sum(slice((*layer)(x, state), 1, T - 1, T)); });
    double product = static_cast<double>(params.find("to_out.weight").tensor.item());
    for (int64_t t = 0; t < T; ++t) {
      const double k = static_cast<double>(weight.data()[1]) * static_cast<double>(x.data()[t]) +
                       static_cast<double>(bias.data()[1]);
      const double keep = 1 / (1 + std::exp(name == std::string("mingru") ? k : -k));  // 1 - z, or f
      CHECK(static_cast<double>(watch.calls().at(0).keep.data()[t]) == doctest::Approx(keep).epsilon(1e-5));
      product *= keep;
    }
    CHECK(static_cast<double>(gradient.get("h").item()) == doctest::Approx(product).epsilon(kDouble ? 1e-12 : 1e-5));
    const Tensor left = left_of_start(watch.calls()[0].keep);
    CHECK(static_cast<double>(left.data()[T - 1]) * static_cast<double>(params.find("to_out.weight").tensor.item()) ==
          doctest::Approx(product).epsilon(kDouble ? 1e-12 : 1e-5));
  }
}

TEST_CASE("state_gradient: a call without steps returns the initial state, for every mixer") {
  for (const std::string& mixer : mixer_names()) {
    const LanguageModel model(
        Params(4),
        {.vocab = 7, .positions = 9, .stack = {.mixer = mixer, .layers = 2, .dim = 8, .expansion = 1, .kernel = 3}});
    const Ids ids = random_ids({1, 5}, 1, 7);
    State begun = model.start(1), fresh = model.start(1);
    model(ids, begun, Boundaries::lengths({0}));
    CHECK(begun.position() == 0);
    CHECK(!begun.list().empty());
    CHECK(relative_error(model(ids, begun), model(ids, fresh)) < (kDouble ? 1e-13 : 1e-5));
  }
}

TEST_CASE("state_gradient: equals central differences in every layer of a network") {
  const LanguageModel model(Params(4), {.vocab = 7, .stack = {.layers = 2, .dim = 4, .expansion = 2, .kernel = 3}});
  const Ids ids = random_ids({1, 5}, 1, 7), next({1, 1}, {3});
  State start = model.start(1);
  model(ids, start, Boundaries::lengths({0}));
  const auto loss = [&](State& state) { return cross_entropy(model(ids, state, {}, nullptr, 1), next); };
  const State gradient = state_gradient(start, loss);
  const double step = kDouble ? 1e-5 : 1e-2;
  for (const auto& [name, tensor] : start.list()) {
    const Tensor found = gradient.get(name);
    double difference = 0, largest = 1e-3;  // as gradcheck
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      const auto moved = [&, path = name](double by) {
        State state = start.detach();
        Tensor other = state.get(path).clone();
        other.mutable_data()[i] += static_cast<real>(by);
        state.set(path, other);
        return static_cast<double>(loss(state).item());
      };
      const double expected = (moved(step) - moved(-step)) / (2 * step);
      difference = std::max(difference, std::abs(static_cast<double>(found.data()[i]) - expected));
      largest = std::max(largest, std::abs(expected));
    }
    CHECK(difference < (kDouble ? 1e-7 : 5e-2) * largest);
  }
}

TEST_CASE("state_gradient: a state without influence has gradient zero, and a result that is no scalar is an error") {
  State start(2);
  start["h"] = Tensor::full({2, 3}, 1);
  start["idle"] = Tensor::full({2, 4}, 1);
  const State gradient = state_gradient(start, [](State& state) { return sum(state["h"]); });
  CHECK(relative_error(gradient.get("h"), Tensor::full({2, 3}, 1)) == 0);
  CHECK(relative_error(gradient.get("idle"), Tensor::zeros({2, 4})) == 0);
  CHECK(error_of([&] { state_gradient(start, [](State& state) { return state["h"]; }); }) ==
        "state_gradient: the result has shape [2, 3], but one number is needed");
  CHECK(error_of([&] { state_gradient(start, [](State&) { return Tensor::zeros({}); }); }) ==
        "backward: root 0 is outside any graph, but one op on a tensor that requires grad is needed");
}
