// Converts Python's arguments: arrays to tensors, words to enums, None to an undefined tensor.
//
//   m.def("scan", op(scan), "a"_a, "b"_a, "h0"_a = py::none());
//
// Python keeps its arguments alive until the call returns. The call itself runs without the GIL.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/config_fields.h"
#include "../../nn/mixers/bidirectional.h"
#include "../../nn/mixers/min_lstm.h"
#include "../../ops/boundaries.h"
#include "../../ops/diagonal/log_scan.h"
#include "arrays.h"

namespace scangrad::SCANGRAD_PRECISION {

inline const Choices<LogForm>& choices(LogForm) {
  static const Choices<LogForm> list{{"sequential", LogForm::kSequential}, {"cumulative", LogForm::kCumulative}};
  return list;
}
inline const Choices<Role>& choices(Role) {
  static const Choices<Role> list{{"weight", Role::kWeight}, {"bias", Role::kBias},   {"norm", Role::kNorm},
                                  {"gate", Role::kGate},     {"state", Role::kState}, {"embedding", Role::kEmbedding}};
  return list;
}

}  // namespace scangrad::SCANGRAD_PRECISION

namespace scangrad_tools {

// An argument that Python may pass in several forms.
template <class T>
struct Given {
  T value;
  operator const T&() const { return value; }
};

// The value that a word stands for. `what` begins the error message.
template <class E>
E choice(const std::string& word, const std::string& what = "argument") {
  std::vector<std::string> words;
  for (const auto& [name, value] : choices(E())) {
    if (name == word) return value;
    words.push_back(name);
  }
  scangrad::fail("{} is '{}', but one of {} is needed", what, word, scangrad::joined(words));
}

template <class F>
auto without_gil(F f) {
  const pybind11::gil_scoped_release released;
  return f();
}

// The type of a wrapper's parameter if the op's own parameter has type A.
template <class A>
struct Taken {
  using type = A;
};
template <>
struct Taken<const scangrad::Tensor&> {
  using type = const Given<scangrad::Tensor>&;
};
template <>
struct Taken<const scangrad::Ids&> {
  using type = const Given<scangrad::Ids>&;
};
template <>
struct Taken<const scangrad::Boundaries&> {
  using type = const Given<scangrad::Boundaries>&;
};

// Wraps an op for Python.
template <class R, class... A>
auto op(R (*f)(A...)) {
  return [f](typename Taken<A>::type... arguments) { return without_gil([&]() -> R { return f(arguments...); }); };
}

}  // namespace scangrad_tools

namespace pybind11::detail {

template <>
struct type_caster<scangrad_tools::Given<scangrad::Tensor>> {
  PYBIND11_TYPE_CASTER(scangrad_tools::Given<scangrad::Tensor>, const_name("Tensor"));
  bool load(handle from, bool) {
    value.value = scangrad_tools::to_tensor(from);
    return true;
  }
};

template <>
struct type_caster<scangrad_tools::Given<scangrad::Ids>> {
  PYBIND11_TYPE_CASTER(scangrad_tools::Given<scangrad::Ids>, const_name("ids"));
  bool load(handle from, bool) {
    value.value = scangrad_tools::to_ids(from);
    return true;
  }
};

template <>
struct type_caster<scangrad_tools::Given<scangrad::Boundaries>> {
  PYBIND11_TYPE_CASTER(scangrad_tools::Given<scangrad::Boundaries>, const_name("Optional[Boundaries]"));
  bool load(handle from, bool) {
    if (from.is_none()) return true;
    if (!isinstance<scangrad::Boundaries>(from)) return false;
    value.value = from.cast<scangrad::Boundaries>();
    return true;
  }
};

template <class E>
struct ChoiceCaster {
  PYBIND11_TYPE_CASTER(E, const_name("str"));
  bool load(handle from, bool) {
    if (!isinstance<str>(from)) return false;
    value = scangrad_tools::choice<E>(from.cast<std::string>());
    return true;
  }
};
template <>
struct type_caster<scangrad::Candidate> : ChoiceCaster<scangrad::Candidate> {};
template <>
struct type_caster<scangrad::Gates> : ChoiceCaster<scangrad::Gates> {};
template <>
struct type_caster<scangrad::MlpKind> : ChoiceCaster<scangrad::MlpKind> {};
template <>
struct type_caster<scangrad::NormKind> : ChoiceCaster<scangrad::NormKind> {};
template <>
struct type_caster<scangrad::Merge> : ChoiceCaster<scangrad::Merge> {};
template <>
struct type_caster<scangrad::LogForm> : ChoiceCaster<scangrad::LogForm> {};
template <>
struct type_caster<scangrad::Role> : ChoiceCaster<scangrad::Role> {};
template <>
struct type_caster<scangrad::Precision> : ChoiceCaster<scangrad::Precision> {};

}  // namespace pybind11::detail
