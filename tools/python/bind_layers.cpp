#include <memory>
#include <optional>

#include "../../models/networks/language_model.h"
#include "../../models/networks/series_model.h"
#include "../../models/networks/stack.h"
#include "../../nn/causal_conv.h"
#include "../../nn/embedding.h"
#include "../../nn/linear.h"
#include "../../nn/mixer.h"
#include "../../nn/mixers/bidirectional.h"
#include "../../nn/mlp.h"
#include "../../nn/norm.h"
#include "bindings.h"
#include "modules.h"

namespace scangrad_tools {

namespace py = pybind11;
using namespace py::literals;
using namespace scangrad;

namespace {

// Layers cannot be moved, so Python holds a pointer.
template <class T>
using Held = Module<std::unique_ptr<T>>;

// Constructing a layer creates parameters, so no other thread may use them meanwhile.
template <class T, class... A>
std::unique_ptr<Held<T>> made(const char* unit, const Params& params, A&&... arguments) {
  return alone(params, unit, [&] {
    return std::make_unique<Held<T>>(Held<T>{params, std::make_unique<T>(params, arguments...)});
  });
}

// y = layer(x).
template <class T, class X>
void bind_call(py::class_<Held<T>>& layer, const char* unit) {
  layer.def(
      "__call__",
      [unit](const Held<T>& held, const Given<X>& x) {
        return alone(held.params, unit, [&] { return (*held.it)(x.value); });
      },
      "x"_a);
}

// y = layer(x, state, at, training): reads the state and replaces it.
template <class T>
void bind_recurrent_call(py::class_<Held<T>>& layer, const char* unit) {
  layer.def(
      "__call__",
      [unit](const Held<T>& held, const Given<Tensor>& x, State* state, const Given<Boundaries>& at, Rng* training) {
        return with_state(held.params, unit, state, x.value, at,
                          [&](State& next) { return (*held.it)(x.value, next, at, training); });
      },
      "x"_a, "state"_a = py::none(), "at"_a = py::none(), "training"_a = py::none());
}

void bind_plain_layers(py::module_& m) {
  py::class_<Held<Linear>> linear(m, "Linear");
  linear.def(py::init([](const Params& params, int64_t in, int64_t out, bool bias) {
               return made<Linear>("linear", params, in, out, LinearOptions{bias});
             }),
             "params"_a, "inputs"_a, "outputs"_a, "bias"_a = true);
  bind_call<Linear, Tensor>(linear, "linear");

  py::class_<Held<Embedding>> embedding(m, "Embedding");
  embedding.def(py::init([](const Params& params, int64_t vocab, int64_t dim, real stddev) {
                  return made<Embedding>("embedding", params, vocab, dim, stddev);
                }),
                "params"_a, "vocab"_a, "dim"_a, "stddev"_a = 1);
  bind_call<Embedding, Ids>(embedding, "embedding");

  py::class_<Held<Norm>>(m, "Norm")
      .def(py::init(
               [](const Params& params, int64_t dim, NormKind kind) { return made<Norm>("norm", params, dim, kind); }),
           "params"_a, "dim"_a, "kind"_a = "rms")
      .def(
          "__call__",
          [](const Held<Norm>& held, const Given<Tensor>& x, bool training) {
            return alone(held.params, "norm", [&] { return (*held.it)(x, training); });
          },
          "x"_a, "training"_a = false);

  py::class_<Held<Mlp>>(m, "Mlp")
      .def(py::init([](const Params& params, int64_t dim, int64_t hidden, real dropout, MlpKind kind) {
             return made<Mlp>("mlp", params, dim, hidden, dropout, kind);
           }),
           "params"_a, "dim"_a, "hidden"_a, "dropout"_a = 0, "kind"_a = "gelu")
      .def(
          "__call__",
          [](const Held<Mlp>& held, const Given<Tensor>& x, Rng* training) {
            return alone(held.params, "mlp", [&] { return (*held.it)(x, training); });
          },
          "x"_a, "training"_a = py::none());

  py::class_<Held<CausalConv>>(m, "CausalConv")
      .def(py::init([](const Params& params, int64_t dim, int64_t kernel) {
             return made<CausalConv>("causal_conv", params, dim, kernel);
           }),
           "params"_a, "dim"_a, "kernel"_a)
      .def(
          "__call__",
          [](const Held<CausalConv>& held, const Given<Tensor>& x, State* state, const Given<Boundaries>& at) {
            return with_state(held.params, "causal_conv", state, x.value, at,
                              [&](State& next) { return (*held.it)(x.value, next, at); });
          },
          "x"_a, "state"_a = py::none(), "at"_a = py::none());
}

// The configuration of a single mixer, outside a stack.
MixerConfig mixer_config(const std::string& name, const py::kwargs& options) {
  MixerConfig c;
  MixerChoice mixer = name;
  Keywords("mixer", options).read([&](auto f) {
    f("dim", c.dim);
    f("expansion", c.expansion);
    f("dropout", c.dropout);
    f("layers", c.layers);
    f("", mixer);
  });
  c.options = mixer.options;
  return c;
}

void bind_mixers(py::module_& m) {
  py::class_<Held<Mixer>> mixer(m, "Mixer", "A layer that mixes information over time, created by make_mixer().");
  bind_recurrent_call<Mixer>(mixer, "mixer");
  m.def("mixer_names", [] { return mixer_names(); });
  m.def(
      "make_mixer",
      [](const std::string& name, const Params& params, const py::kwargs& options) {
        const MixerConfig c = mixer_config(name, options);
        return alone(params, "mixer", [&] {
          return std::make_unique<Held<Mixer>>(Held<Mixer>{params, make_mixer(name, params, c)});
        });
      },
      "name"_a, "params"_a);

  py::class_<Held<Bidirectional>> both(m, "Bidirectional",
                                       "Two mixers over the same sequences: one runs forward in time, one backward.");
  both.def(py::init([](const Params& params, const std::string& name, Merge merge, const py::kwargs& options) {
             return made<Bidirectional>("bidirectional", params, name, mixer_config(name, options), merge);
           }),
           "params"_a, "mixer"_a, "merge"_a = "add");
  bind_recurrent_call<Bidirectional>(both, "bidirectional");

  py::class_<Held<Stack>> stack(m, "Stack", "The paper's residual network between an input and a head.");
  stack.def(py::init([](const Params& params, const py::kwargs& options) {
              StackConfig c;
              Keywords("stack", options).read([&](auto f) { each_stack_field(c, f); });
              return made<Stack>("stack", params, c);
            }),
            "params"_a);
  bind_recurrent_call<Stack>(stack, "stack");
}

void bind_models(py::module_& m) {
  py::class_<Held<SeriesModel>> series(m, "SeriesModel",
                                       "Numbers in; numbers out at every step, or for each sequence.");
  series
      .def(py::init([](const Params& params, const py::kwargs& options) {
             SeriesModelConfig c;
             Keywords("series_model", options).read([&](auto f) {
               f("inputs", c.inputs);
               f("outputs", c.outputs);
               f("head", c.head);
               f("residual", c.residual);
               each_stack_field(c.stack, f);
             });
             return made<SeriesModel>("series_model", params, c);
           }),
           "params"_a)
      .def(
          "start", [](const Held<SeriesModel>& held, int64_t rows) { return held.it->start(rows); }, "rows"_a);
  bind_recurrent_call<SeriesModel>(series, "series_model");

  using Language = Held<LanguageModel>;
  py::class_<Language>(m, "LanguageModel", "Tokens in, a distribution over tokens out, at every step.")
      .def(py::init([](const Params& params, const py::kwargs& options) {
             LanguageModelConfig c;
             Keywords("language_model", options).read([&](auto f) {
               f("vocab", c.vocab);
               f("outputs", c.outputs);
               each_stack_field(c.stack, f);
               each_token_field(c, f);
             });
             return made<LanguageModel>("language_model", params, c);
           }),
           "params"_a)
      .def(
          "start", [](const Language& held, int64_t rows) { return held.it->start(rows); }, "rows"_a)
      .def(
          "__call__",
          [](const Language& held, const Given<Ids>& ids, State* state, const Given<Boundaries>& at, Rng* training,
             int64_t last) {
            return with_state(held.params, "language_model", state, ids.value, at,
                              [&](State& next) { return (*held.it)(ids.value, next, at, training, last); });
          },
          "ids"_a, "state"_a = py::none(), "at"_a = py::none(), "training"_a = py::none(), "last"_a = 0,
          "Logits (B, T, outputs) for ids (B, T).")
      .def(
          "loss",
          [](const Language& held, const Given<Ids>& ids, const Given<Ids>& targets, State* state,
             const Given<Boundaries>& at, Rng* training) {
            double accuracy = 0;
            Tensor loss = with_state(held.params, "language_model", state, ids.value, at, [&](State& next) {
              const LossAndAccuracy result = held.it->loss(ids, targets, next, at, training);
              accuracy = result.accuracy;
              return result.loss;
            });
            return std::pair(loss, accuracy);
          },
          "ids"_a, "targets"_a, "state"_a = py::none(), "at"_a = py::none(), "training"_a = py::none(),
          "Mean cross-entropy of every step in nats, and the accuracy.");
}

}  // namespace

void bind_layers(py::module_& m) {
  bind_plain_layers(m);
  bind_mixers(m);
  bind_models(m);
}

}  // namespace scangrad_tools
