#include <algorithm>

#include "../../core/kernels/denormals.h"
#include "../../core/memory.h"
#include "../../core/random.h"
#include "../../core/threads.h"
#include "../../models/data/selective_copying.h"
#include "../../models/networks/sampler.h"
#include "../../nn/saved_params.h"
#include "../../nn/training/adamw.h"
#include "../../nn/training/schedule.h"
#include "bindings.h"
#include "modules.h"

namespace scangrad_tools {

namespace py = pybind11;
using namespace py::literals;
using namespace scangrad;

namespace {

// Arrays that share the tensors' memory.
py::dict to_dict(const NamedTensors& tensors) {
  py::dict dict;
  for (const auto& [name, tensor] : tensors) dict[py::str(name)] = to_numpy(tensor);
  return dict;
}

NamedTensors from_dict(const py::dict& dict) {
  NamedTensors named;
  for (const auto& [name, value] : dict) named.emplace_back(name.cast<std::string>(), to_tensor(value));
  return named;
}

void bind_params(py::module_& m) {
  py::class_<Params>(m, "Params", "Creates and lists the parameters of a network.")
      .def(py::init<uint64_t>(), "seed"_a)
      .def("__truediv__", [](const Params& params, const std::string& name) { return params / name; })
      .def("__truediv__", [](const Params& params, int64_t index) { return params / index; })
      .def(
          "tensor",
          [](const Params& params, const std::string& name, const Given<Tensor>& values, Role role, bool decay,
             real lr_scale) {
            const auto init = [&](Tensor& to, Rng&) { to.copy_from(values.value); };
            return alone(params, "params", [&] {
              return params.tensor(name, values.value.shape(), init, {role, decay, lr_scale});
            });
          },
          "name"_a, "values"_a, py::kw_only(), "role"_a = "weight", "decay"_a = true, "lr_scale"_a = 1,
          "A new parameter whose initial values are copied from `values`.")
      .def("__getitem__",
           [](const Params& params, const std::string& name) {
             return alone(params, "params", [&] { return params.find(name).tensor; });
           })
      .def("__len__",
           [](const Params& params) { return alone(params, "params", [&] { return params.list().size(); }); })
      .def("names",
           [](const Params& params) {
             return alone(params, "params", [&] {
               std::vector<std::string> names;
               for (const Param& param : params.list()) names.push_back(param.name);
               return names;
             });
           })
      .def_property_readonly(
          "count", [](const Params& params) { return alone(params, "params", [&] { return params.count(); }); },
          "How many numbers all parameters have together.")
      .def("zero_grad", [](const Params& params) { alone(params, "params", [&] { params.zero_grad(); }); })
      .def(
          "state_dict",
          [](const Params& params) {
            const NamedTensors named = alone(params, "params", [&] {
              params.values();  // moves the parameters into their arena, where they stay
              return params.saved();
            });
            return to_dict(named);
          },
          "Every parameter and buffer by name, as arrays that share its memory: later steps change them.")
      .def(
          "load_state_dict",
          [](const Params& params, const py::dict& dict) {
            const NamedTensors from = from_dict(dict);
            alone(params, "params", [&] { copy_named(params.saved(), from, "params: the dict"); });
          },
          "arrays"_a)
      .def(
          "save",
          [](const Params& params, const std::string& path, const std::map<std::string, std::string>& metadata,
             Precision weights) { alone(params, "params", [&] { save_params(params, path, metadata, weights); }); },
          "path"_a, "metadata"_a = py::dict(), "weights"_a = "float",
          "Writes a safetensors file. weights=\"bf16\" rounds arrays with two or more axes: half the size.")
      .def(
          "load",
          [](const Params& params, const std::string& path) {
            alone(params, "params", [&] { load_params(params, SafetensorsFile(path)); });
          },
          "path"_a);
}

void bind_adamw(py::module_& m) {
  using Adam = Module<AdamW>;
  const auto set_moments = [](Adam& adam, const py::dict& given) {
    check(given.contains("steps"), "adamw: the dict lacks steps");
    const py::object steps_given = given["steps"];
    check(PyIndex_Check(steps_given.ptr()) != 0, "adamw: steps of the dict is {}, but a whole number is needed",
          py::repr(steps_given).cast<std::string>());
    const auto steps = steps_given.cast<int64_t>();
    py::dict arrays = py::reinterpret_steal<py::dict>(PyDict_Copy(given.ptr()));
    arrays.attr("pop")("steps");
    const NamedTensors from = from_dict(arrays);
    alone(adam.params, "adamw", [&] {
      copy_named(adam.it.moments(), from, "adamw: the dict");
      adam.it.set_steps(steps);
    });
  };
  py::class_<Adam>(m, "AdamW", "Adam with decoupled weight decay and clipping by the global norm.")
      .def(py::init([](const Params& params, const py::kwargs& options) {
             AdamWOptions o;
             Keywords("adamw", options).read([&](auto f) {
               f("lr", o.lr);
               f("beta1", o.beta1);
               f("beta2", o.beta2);
               f("eps", o.eps);
               f("weight_decay", o.weight_decay);
               f("policy", o.policy);
               f("clip", o.clip);
             });
             return Adam{params, AdamW(params, o)};
           }),
           "params"_a)
      .def(
          "step", [](Adam& adam) { return alone(adam.params, "adamw", [&] { return adam.it.step(); }); },
          "Updates the parameters, resets their gradients, and returns the gradient's norm before clipping.")
      .def_property(
          "lr", [](const Adam& adam) { return adam.it.lr(); },
          [](Adam& adam, double lr) { alone(adam.params, "adamw", [&] { adam.it.set_lr(lr); }); })
      .def_property_readonly("grad_norm", [](const Adam& adam) { return adam.it.grad_norm(); })
      .def_property_readonly("steps", [](const Adam& adam) { return adam.it.steps(); })
      .def(
          "state_dict",
          [](Adam& adam) {
            py::dict dict = to_dict(alone(adam.params, "adamw", [&] { return adam.it.moments(); }));
            dict["steps"] = adam.it.steps();
            return dict;
          },
          "The moments, as arrays that share their memory, and the number of steps.")
      .def("load_state_dict", set_moments, "arrays"_a);

  py::class_<Schedule>(m, "Schedule", "Learning rate: linear warm-up, then half a cosine down to min_lr.")
      .def(py::init([](double lr, double min_lr, int64_t warmup, int64_t steps) {
             return Schedule({lr, min_lr, warmup, steps});
           }),
           py::kw_only(), "lr"_a = 1e-3, "min_lr"_a = 0, "warmup"_a = 0, "steps"_a = 0)
      .def("__call__", &Schedule::operator(), "step"_a);
}

void bind_state(py::module_& m) {
  py::class_<State>(m, "State", "What a layer or network remembers between calls.")
      .def(py::init<int64_t>(), "rows"_a = 1)
      .def_property_readonly("rows", py::overload_cast<>(&State::rows, py::const_))
      .def("__getitem__", &State::get, "name"_a)
      .def("__setitem__",
           [](State& state, const std::string& name, const Given<Tensor>& tensor) { state.set(name, tensor); })
      .def("items", &State::list)
      .def("detach", &State::detach, "The same numbers, cut off from the graph.")
      .def("copy", [](const State& state) { return state; })
      .def(
          "select", [](const State& state, const std::vector<int64_t>& rows) { return state.rows(rows); }, "rows"_a)
      .def_static("merge", &State::merge, "states"_a)
      .def("position", &State::position, "row"_a = 0)
      .def(
          "save",
          [](const State& state, const std::string& path) {
            SafetensorsWriter writer;
            state.save(writer);
            writer.save(path);
          },
          "path"_a)
      .def_static(
          "load", [](const std::string& path) { return State::load(SafetensorsFile(path)); }, "path"_a);

  py::class_<Boundaries>(m, "Boundaries", "Where sequences begin and end inside a batch.")
      .def(py::init<>())
      .def_static("lengths", &Boundaries::lengths, "steps"_a)
      .def_static(
          "reset", [](const Given<Ids>& mask) { return Boundaries::reset(mask); }, "mask"_a)
      .def_static("packed", &Boundaries::packed, "cu_seqlens"_a)
      .def("reversed", &Boundaries::reversed, "The same sequences, with time reversed in each.");
}

void bind_random(py::module_& m) {
  py::class_<Rng>(m, "Rng", "A position in a stream of random numbers.")
      .def(py::init<uint64_t, uint64_t>(), "seed"_a, "stream"_a = 0)
      .def_property("offset", &Rng::offset, &Rng::set_offset)
      .def("uniform", py::overload_cast<>(&Rng::uniform))
      .def("normal", &Rng::normal);
  m.def(
      "sample_token",
      [](const Given<Tensor>& logits, Rng& rng, double temperature, int64_t top_k, double top_p) {
        const SamplerOptions options{temperature, top_k, top_p};
        check_options(options);
        const Shape& shape = logits.value.shape();
        check(shape.rank() > 0 && shape[-1] > 0 && shape[-1] == shape.numel(),
              "sampler: logits has shape {}, but (V) is needed", shape);
        return sample_token(logits.value.data(), shape.numel(), options, rng);
      },
      "logits"_a, "rng"_a, py::kw_only(), "temperature"_a = 0.8, "top_k"_a = 200, "top_p"_a = 1);
  m.def(
      "selective_copying",
      [](uint64_t seed, int64_t first, int64_t count, int64_t length, int64_t tokens, int64_t vocab) {
        const CopyBatch batch = without_gil([&] {
          return SelectiveCopying({length, tokens, vocab}).examples(seed, first, count);
        });
        return std::pair(to_numpy(batch.inputs), to_numpy(batch.targets));
      },
      "seed"_a, "first"_a, "count"_a, "length"_a = 4096, "tokens"_a = 16, "vocab"_a = 16,
      "Examples of the selective copying task: inputs (count, length + tokens) and targets (count, tokens).");
}

}  // namespace

void bind_training(py::module_& m) {
  bind_params(m);
  bind_adamw(m);
  bind_state(m);
  bind_random(m);
  m.def("threads", &threads, "Threads that kernels use.");
  m.def("set_threads", &set_threads, "count"_a);
  m.def("use_openmp", &use_openmp, "use"_a,
        "Whether parallel work runs on OpenMP's threads instead of the library's own. False if built without OpenMP.");
  m.def("flush_denormals", &flush_denormals, "flush"_a,
        "Whether this thread, and threads that it starts from now on, treat denormal numbers as zero.");
  m.def("flushes_denormals", &flushes_denormals);
  m.def("memory_stats", [] {
    const MemoryStats stats = memory_stats();
    return py::dict("live"_a = stats.live, "peak"_a = stats.peak, "reserved"_a = stats.reserved);
  });
}

}  // namespace scangrad_tools
