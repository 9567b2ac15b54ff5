// The header has no attributes, so that any C compiler reads it.
#pragma GCC visibility push(default)
#include "c_api.h"
#pragma GCC visibility pop

#include <memory>
#include <type_traits>
#include <utility>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/threads.h"
#include "../../nn/saved_params.h"
#include "../../ops/indexing/slice.h"
#include "../../ops/losses/mean_squared_error.h"
#include "../networks/sampler.h"
#include "../training/checkpoint.h"
#include "c_network.h"
#include "c_status.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

static_assert(std::is_same_v<scangrad_real, real>);
static_assert(std::extent_v<decltype(scangrad_parameter::shape)> == Shape::kMaxRank);

thread_local ErrorText last_error = "";

}  // namespace
}  // namespace scangrad::SCANGRAD_PRECISION

using namespace scangrad;

struct scangrad_model {
  std::shared_ptr<Network> network;
};

struct scangrad_state {
  std::shared_ptr<Network> network;
  State state;
};

namespace scangrad::SCANGRAD_PRECISION {
namespace {

template <class T>
T& given(const char* call, const char* what, T* pointer) {
  check(pointer != nullptr, "{}: {} is null", call, what);
  return *pointer;
}

// A call on a model, for its whole length: another thread's would be an error.
class Call {
 public:
  Call(const char* function, Network& of) : name(function), network(of), use_(of.params.in_use(), function) {}

  template <class M>
  const M& model() const {
    constexpr bool kOfIds = std::is_same_v<M, LanguageModel>;
    check(std::holds_alternative<M>(network.model), "{}: the model reads {}, but one that reads {} is needed", name,
          kOfIds ? "numbers" : "ids", kOfIds ? "ids" : "numbers");
    return std::get<M>(network.model);
  }

  const char* const name;
  Network& network;

 private:
  Use use_;
};

const char* what(const scangrad_model*) {
  return "model";
}
const char* what(const scangrad_state*) {
  return "state";
}

// Runs f(call) for a model or for a state.
template <class Handle, class F>
int run(const char* name, const Handle* handle, F f) noexcept {
  return status_of(last_error, [&] { f(Call(name, *given(name, what(handle), handle).network)); });
}

// Runs f(), which makes a network from a text.
template <class F>
int make_model(const char* name, const char* what_text, const char* text, scangrad_model** made, F f) noexcept {
  if (made != nullptr) *made = nullptr;
  return status_of(last_error, [&] {
    given(name, what_text, text);
    scangrad_model*& to = given(name, "model", made);
    to = new scangrad_model{f()};
  });
}

// Runs f(call), which makes a new state.
template <class Handle, class F>
int make_state(const char* name, const Handle* handle, scangrad_state** made, F f) noexcept {
  if (made != nullptr) *made = nullptr;
  return run(name, handle, [&](const Call& call) {
    scangrad_state*& to = given(name, "the place of the new state", made);
    to = new scangrad_state{handle->network, f(call)};
  });
}

// Ids may be written to, the caller's may not, so they are copied: they are few compared with the numbers of a network.
Ids copied(const int32_t* data, const Shape& shape) {
  Ids ids(shape);
  std::copy_n(data, ids.numel(), ids.data());
  return ids;
}

// Only for reading, and until the end of the call.
Tensor over(const real* data, const Shape& shape) {
  return Tensor::over(data, shape, nullptr);
}

// The sequences of a batch: which continue and which begin. The state is a copy, so an error changes nothing.
struct Sequences {
  State state;
  Shape shape;  // (B, T)
  Boundaries at;
  Shape of(int64_t channels) const { return {shape[0], shape[1], channels}; }
};

Sequences sequences(const Call& call, const scangrad_state* from, const int32_t* reset, int64_t rows, int64_t steps) {
  check(rows >= 1 && steps >= 1, "{}: there are {} rows of {} steps, but at least 1 of each is needed", call.name, rows,
        steps);
  const Shape shape{rows, steps};
  const Boundaries at = reset != nullptr ? Boundaries::reset(copied(reset, shape)) : Boundaries();
  if (from == nullptr) return {State(rows), shape, at};
  check(from->network.get() == &call.network, "{}: the state belongs to another model", call.name);
  check(from->state.rows() == rows, "{}: there are {} rows, but the state has {}", call.name, rows, from->state.rows());
  return {from->state, shape, at};
}

Tensor last_results(const LanguageModel& model, const Ids& ids, Sequences& in, int64_t last) {
  return model(ids, in.state, in.at, nullptr, last);
}

Tensor last_results(const SeriesModel& model, const Tensor& x, Sequences& in, int64_t last) {
  const int64_t T = in.shape[1];
  const Tensor y = model(x, in.state, in.at);
  return last < T ? slice(y, 1, T - last, T) : y;
}

Tensor mean_loss(const LanguageModel& model, const Ids& ids, const Ids& targets, Sequences& in, Rng* training) {
  return model.loss(ids, targets, in.state, in.at, training).loss;
}

Tensor mean_loss(const SeriesModel& model, const Tensor& x, const Tensor& targets, Sequences& in, Rng* training) {
  return mean_squared_error(model(x, in.state, in.at, training), targets);
}

template <class M, class Input>
void forward(const Call& call, const M& model, scangrad_state* state, Sequences& in, const Input& input, real* results,
             int64_t size) {
  const int64_t most = in.of(call.network.outputs).numel(), step = most / in.shape[1];
  check(size >= step && size <= most && size % step == 0,
        "{}: there is room for {} numbers, but {} for each of the last 1 to {} steps are needed", call.name, size, step,
        in.shape[1]);
  const NoGrad no_grad;
  const Tensor y = last_results(model, input, in, size / step);
  std::copy_n(y.data(), size, results);
  if (state != nullptr) state->state = in.state;
}

template <class M, class Input, class Targets>
void loss(const Call& call, const M& model, scangrad_state* state, Sequences& in, const Input& input,
          const Targets& targets, int mode, double* result) {
  check(mode >= SCANGRAD_EVALUATE && mode <= SCANGRAD_TRAIN,
        "{}: mode is {}, but SCANGRAD_EVALUATE, _GRADIENT or _TRAIN is needed", call.name, mode);
  const bool learns = mode != SCANGRAD_EVALUATE;
  Network& network = call.network;
  const Recording recording(learns);
  const WithPrecision precision(learns ? network.precision : Precision::kFloat);
  Rng rng = network.rng;
  const Tensor mean = mean_loss(model, input, targets, in, learns ? &rng : nullptr);
  const double value = static_cast<double>(mean.item());
  try {
    if (learns) mean.backward();
    if (mode == SCANGRAD_TRAIN) network.adam.step();
  } catch (...) {  // gradients that are not finite or not complete must not be used
    network.params.zero_grad();
    throw;
  }
  network.rng = rng;
  if (state != nullptr) state->state = in.state.detach();
  if (result != nullptr) *result = value;
}

}  // namespace
}  // namespace scangrad::SCANGRAD_PRECISION

int scangrad_c_version() {
  return SCANGRAD_C_VERSION;
}

const char* scangrad_last_error() {
  return last_error;
}

int scangrad_threads() {
  return threads();
}

int scangrad_set_threads(int count) {
  return status_of(last_error, [&] { set_threads(count); });
}

int scangrad_model_create(const char* config, scangrad_model** model) {
  const char* const name = "scangrad_model_create";
  return make_model(name, "config", config, model, [&] { return network_from_json(config); });
}

int scangrad_model_open(const char* folder, scangrad_model** model) {
  const char* const name = "scangrad_model_open";
  return make_model(name, "folder", folder, model, [&] { return network_from_folder(name, folder); });
}

void scangrad_model_free(scangrad_model* model) {
  delete model;
}

int scangrad_model_sizes(const scangrad_model* model, scangrad_sizes* sizes) {
  return run("scangrad_model_sizes", model, [&](const Call& call) {
    const Network& network = call.network;
    given(call.name, "sizes", sizes) = {network.inputs, network.outputs,
                                        static_cast<int64_t>(network.params.list().size()), network.params.count()};
  });
}

int scangrad_model_parameter(scangrad_model* model, int64_t index, scangrad_parameter* parameter) {
  return run("scangrad_model_parameter", model, [&](const Call& call) {
    const std::vector<Param>& list = call.network.params.list();
    const int64_t count = static_cast<int64_t>(list.size());
    check(index >= 0 && index < count, "{}: index is {}, but there are {} parameters", call.name, index, count);
    scangrad_parameter& to = given(call.name, "parameter", parameter);
    const Param& param = list[static_cast<size_t>(index)];
    Tensor values = param.tensor;
    real* const gradient = call.network.gradients.mutable_data() + param.offset;
    if (!has_grad(values)) std::fill_n(gradient, values.numel(), real(0));
    to = {param.name.c_str(), values.shape().rank(), {}, values.numel(), values.mutable_data(), gradient};
    std::copy(values.shape().begin(), values.shape().end(), to.shape);
  });
}

int scangrad_state_create(const scangrad_model* model, int64_t rows, scangrad_state** state) {
  return make_state("scangrad_state_create", model, state, [&](const Call&) { return State(rows); });
}

int scangrad_state_copy(const scangrad_state* state, scangrad_state** copy) {
  return make_state("scangrad_state_copy", state, copy, [&](const Call&) { return state->state; });
}

int scangrad_state_rows(const scangrad_state* state, const int64_t* rows, int64_t count, scangrad_state** picked) {
  return make_state("scangrad_state_rows", state, picked, [&](const Call& call) {
    given(call.name, "rows", rows);
    check(count >= 1, "{}: count is {}, but at least 1 is needed", call.name, count);
    return state->state.rows({rows, rows + count});
  });
}

int scangrad_state_reset(scangrad_state* state) {
  return run("scangrad_state_reset", state, [&](const Call&) { state->state = State(state->state.rows()); });
}

void scangrad_state_free(scangrad_state* state) {
  delete state;
}

int scangrad_forward_ids(const scangrad_model* model, scangrad_state* state, const int32_t* ids, const int32_t* reset,
                         int64_t rows, int64_t steps, scangrad_real* logits, int64_t size) {
  return run("scangrad_forward_ids", model, [&](const Call& call) {
    const auto& network = call.model<LanguageModel>();
    given(call.name, "ids", ids);
    given(call.name, "logits", logits);
    Sequences in = sequences(call, state, reset, rows, steps);
    forward(call, network, state, in, copied(ids, in.shape), logits, size);
  });
}

int scangrad_forward_series(const scangrad_model* model, scangrad_state* state, const scangrad_real* x,
                            const int32_t* reset, int64_t rows, int64_t steps, scangrad_real* y, int64_t size) {
  return run("scangrad_forward_series", model, [&](const Call& call) {
    const auto& network = call.model<SeriesModel>();
    given(call.name, "x", x);
    given(call.name, "y", y);
    Sequences in = sequences(call, state, reset, rows, steps);
    forward(call, network, state, in, over(x, in.of(call.network.inputs)), y, size);
  });
}

int scangrad_loss_ids(scangrad_model* model, scangrad_state* state, const int32_t* ids, const int32_t* targets,
                      const int32_t* reset, int64_t rows, int64_t steps, int mode, double* result) {
  return run("scangrad_loss_ids", model, [&](const Call& call) {
    const auto& network = call.model<LanguageModel>();
    given(call.name, "ids", ids);
    given(call.name, "targets", targets);
    Sequences in = sequences(call, state, reset, rows, steps);
    loss(call, network, state, in, copied(ids, in.shape), copied(targets, in.shape), mode, result);
  });
}

int scangrad_loss_series(scangrad_model* model, scangrad_state* state, const scangrad_real* x,
                         const scangrad_real* targets, const int32_t* reset, int64_t rows, int64_t steps, int mode,
                         double* result) {
  return run("scangrad_loss_series", model, [&](const Call& call) {
    const auto& network = call.model<SeriesModel>();
    given(call.name, "x", x);
    given(call.name, "targets", targets);
    Sequences in = sequences(call, state, reset, rows, steps);
    loss(call, network, state, in, over(x, in.of(call.network.inputs)), over(targets, in.of(call.network.outputs)),
         mode, result);
  });
}

int scangrad_step(scangrad_model* model, double* norm) {
  return run("scangrad_step", model, [&](const Call& call) {
    const double length = call.network.adam.step();
    if (norm != nullptr) *norm = length;
  });
}

int scangrad_zero_gradients(scangrad_model* model) {
  return run("scangrad_zero_gradients", model, [&](const Call& call) { call.network.params.zero_grad(); });
}

int scangrad_set_lr(scangrad_model* model, double lr) {
  return run("scangrad_set_lr", model, [&](const Call& call) { call.network.adam.set_lr(lr); });
}

int scangrad_set_seed(scangrad_model* model, uint64_t seed) {
  return run("scangrad_set_seed", model, [&](const Call& call) { call.network.rng = draws(seed); });
}

int scangrad_sample(scangrad_model* model, const scangrad_real* logits, double temperature, int64_t top_k, double top_p,
                    int32_t* id) {
  return run("scangrad_sample", model, [&](const Call& call) {
    const SamplerOptions options{temperature, top_k, top_p};
    check_options(options);
    given(call.name, "logits", logits);
    int32_t& to = given(call.name, "id", id);
    to = sample_token(logits, call.network.outputs, options, call.network.rng);
  });
}

int scangrad_save(const scangrad_model* model, const char* path) {
  return run("scangrad_save", model, [&](const Call& call) {
    given(call.name, "path", path);
    save_params(call.network.params, path);
  });
}

int scangrad_load(scangrad_model* model, const char* path) {
  return run("scangrad_load", model, [&](const Call& call) {
    given(call.name, "path", path);
    load_params(call.network.params, SafetensorsFile(path));
  });
}

int scangrad_save_checkpoint(scangrad_model* model, const char* path) {
  return run("scangrad_save_checkpoint", model, [&](const Call& call) {
    given(call.name, "path", path);
    Network& network = call.network;
    save_checkpoint(path, network.params, network.adam, {.step = network.adam.steps(), .random = network.rng.offset()});
  });
}

int scangrad_load_checkpoint(scangrad_model* model, const char* path) {
  return run("scangrad_load_checkpoint", model, [&](const Call& call) {
    given(call.name, "path", path);
    Network& network = call.network;
    network.rng.set_offset(load_checkpoint(path, network.params, network.adam).random);
  });
}
