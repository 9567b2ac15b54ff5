#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/attention/attention.h"
#include "../../ops/convolution/causal_conv.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/log_scan.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/diagonal/min_lstm_scan.h"
#include "../../ops/diagonal/summarize.h"
#include "../../ops/dropout.h"
#include "../../ops/geglu.h"
#include "../../ops/indexing/concat.h"
#include "../../ops/indexing/lookup.h"
#include "../../ops/indexing/rows.h"
#include "../../ops/indexing/slice.h"
#include "../../ops/losses/accuracy.h"
#include "../../ops/losses/cross_entropy.h"
#include "../../ops/losses/linear_cross_entropy.h"
#include "../../ops/losses/mean_squared_error.h"
#include "../../ops/norms/layer_norm.h"
#include "../../ops/norms/rms_norm.h"
#include "../../ops/scan.h"
#include "../../ops/selective/selective_scan.h"
#include "../../ops/sequential/elman.h"
#include "../../ops/sequential/gru.h"
#include "../../ops/sequential/lstm.h"
#include "arguments.h"
#include "bindings.h"

namespace scangrad_tools {

namespace py = pybind11;
using namespace py::literals;
using namespace scangrad;

namespace {

void bind_functions(py::module_& m) {
  m.def("sigmoid", op(sigmoid), "x"_a)
      .def("tanh", op(scangrad::tanh), "x"_a)
      .def("exp", op(scangrad::exp), "x"_a)
      .def("log", op(scangrad::log), "x"_a)
      .def("softplus", op(softplus), "x"_a)
      .def("relu", op(relu), "x"_a)
      .def("gelu", op(gelu), "x"_a)
      .def("silu", op(silu), "x"_a)
      .def("positive_g", op(positive_g), "x"_a)
      .def("log_g", op(log_g), "x"_a)
      .def("geglu", op(geglu), "x"_a, "scale"_a)
      .def("affine", op(affine), "x"_a, "weight"_a, "bias"_a = py::none())
      .def("slice", op(scangrad::slice), "x"_a, "axis"_a, "begin"_a, "end"_a)
      .def("select_rows", op(select_rows), "x"_a, "rows"_a)
      .def("lookup", op(lookup), "table"_a, "ids"_a)
      .def("layer_norm", op(layer_norm), "x"_a, "weight"_a, "bias"_a = py::none(), "eps"_a = 1e-5);
  m.def(
      "rms_norm",
      [](const Given<Tensor>& x, const Given<Tensor>& weight, real eps, real offset) {
        return without_gil([&] { return rms_norm(x, weight, {eps, offset}); });
      },
      "x"_a, "weight"_a, "eps"_a = 1e-6, "offset"_a = 0);
  m.def(
      "concatenate",
      [](const std::vector<Given<Tensor>>& tensors, int axis) {
        return without_gil([&] { return concatenate({tensors.begin(), tensors.end()}, axis); });
      },
      "tensors"_a, "axis"_a);
  m.def(
      "dropout",
      [](const Given<Tensor>& x, real p, Rng& rng) { return without_gil([&] { return dropout(x, p, rng); }); }, "x"_a,
      "p"_a, "rng"_a);
}

void bind_recurrences(py::module_& m) {
  m.def("scan", op(scan), "a"_a, "b"_a, "h0"_a = py::none(), "h[t] = a[t] h[t-1] + b[t], from h0.")
      .def("boundary_scan", op(boundary_scan), "a"_a, "b"_a, "h0"_a = py::none(), "at"_a = py::none())
      .def("log_scan", op(log_scan), "log_a"_a, "log_b"_a, "h0"_a = py::none(), "form"_a = "sequential",
           "at"_a = py::none())
      .def("min_gru_scan", op(min_gru_scan), "projection"_a, "h0"_a = py::none(), "candidate"_a = "g",
           "at"_a = py::none())
      .def("min_lstm_scan", op(min_lstm_scan), "projection"_a, "h0"_a = py::none(), "gates"_a = "plain",
           "candidate"_a = "g", "at"_a = py::none())
      .def("causal_conv", op(causal_conv), "x"_a, "weight"_a, "bias"_a = py::none(), "tail"_a = py::none(),
           "at"_a = py::none())
      .def("conv_tail", op(conv_tail), "x"_a, "tail"_a, "taps"_a, "at"_a = py::none())
      .def("elman", op(elman), "projection"_a, "weight"_a, "bias"_a, "h0"_a = py::none(), "at"_a = py::none())
      .def("gru", op(gru), "projection"_a, "weight"_a, "bias"_a, "h0"_a = py::none(), "at"_a = py::none());
  m.def(
      "lstm",
      [](const Given<Tensor>& projection, const Given<Tensor>& weight, const Given<Tensor>& bias,
         const Given<Tensor>& h0, const Given<Tensor>& c0, const Given<Boundaries>& at) {
        const LstmStates states = without_gil([&] { return lstm(projection, weight, bias, {h0.value, c0.value}, at); });
        return std::pair(states.h, states.c);
      },
      "projection"_a, "weight"_a, "bias"_a, "h0"_a = py::none(), "c0"_a = py::none(), "at"_a = py::none());
  m.def(
      "selective_scan",
      [](const Given<Tensor>& x, const Given<Tensor>& pre, const Given<Tensor>& A_log, const Given<Tensor>& bc,
         const Given<Tensor>& D, const Given<Tensor>& h0, const Given<Boundaries>& at) {
        const Scanned scanned = without_gil([&] { return selective_scan(x, pre, A_log, bc, D, h0, at); });
        return std::pair(scanned.y, scanned.last);
      },
      "x"_a, "pre"_a, "A_log"_a, "bc"_a, "D"_a, "h0"_a = py::none(), "at"_a = py::none());
  m.def(
      "attention",
      [](const Given<Tensor>& qkv, int64_t heads, const Given<Boundaries>& at, real p, Rng* rng) {
        return without_gil([&] { return attention(qkv, heads, {}, at, p, rng); });
      },
      "qkv"_a, "heads"_a, "at"_a = py::none(), "dropout"_a = 0, "rng"_a = py::none());
}

// A summary is a pair (a, b) in Python.
using Pair = std::pair<Tensor, Tensor>;
using GivenPair = std::pair<Given<Tensor>, Given<Tensor>>;

Pair pair_of(const Summary& summary) {
  return {summary.a, summary.b};
}
Summary summary_of(const GivenPair& pair) {
  return {pair.first, pair.second};
}

void bind_summaries(py::module_& m) {
  m.def(
      "summarize",
      [](const Given<Tensor>& a, const Given<Tensor>& b) {
        return pair_of(without_gil([&] { return summarize(a, b); }));
      },
      "a"_a, "b"_a, "Combines the steps of a chunk into one step (A, X): the state after the chunk is A h0 + X.");
  m.def(
      "summarize_adjoint",
      [](const Given<Tensor>& a, const Given<Tensor>& dh) {
        return pair_of(without_gil([&] { return summarize_adjoint(a, dh); }));
      },
      "a"_a, "dh"_a);
  m.def(
      "combine",
      [](const GivenPair& later, const GivenPair& earlier) {
        return pair_of(without_gil([&] { return combine(summary_of(later), summary_of(earlier)); }));
      },
      "later"_a, "earlier"_a);
  m.def(
      "state_after",
      [](const GivenPair& chunk, const Given<Tensor>& h) {
        return without_gil([&] { return state_after(summary_of(chunk), h); });
      },
      "chunk"_a, "h"_a = py::none());
}

void bind_losses(py::module_& m) {
  m.def("mean_squared_error", op(mean_squared_error), "prediction"_a, "target"_a, "mask"_a = py::none());
  m.def(
      "cross_entropy",
      [](const Given<Tensor>& logits, const Given<Ids>& targets, int32_t ignore_index, const Given<Ids>& mask) {
        return without_gil([&] { return cross_entropy(logits, targets, {ignore_index, mask}); });
      },
      "logits"_a, "targets"_a, "ignore_index"_a = -1, "mask"_a = py::none());
  m.def(
      "accuracy",
      [](const Given<Tensor>& logits, const Given<Ids>& targets, int32_t ignore_index, const Given<Ids>& mask) {
        return without_gil([&] { return accuracy(logits, targets, {ignore_index, mask}); });
      },
      "logits"_a, "targets"_a, "ignore_index"_a = -1, "mask"_a = py::none());
  m.def(
      "linear_cross_entropy",
      [](const Given<Tensor>& x, const Given<Tensor>& weight, const Given<Ids>& targets, int32_t ignore_index,
         const Given<Ids>& mask) {
        const LossAndAccuracy result = without_gil([&] {
          return linear_cross_entropy(x, weight, targets, {ignore_index, mask});
        });
        return std::pair(result.loss, result.accuracy);
      },
      "x"_a, "weight"_a, "targets"_a, "ignore_index"_a = -1, "mask"_a = py::none());
}

}  // namespace

void bind_ops(py::module_& m) {
  bind_functions(m);
  bind_recurrences(m);
  bind_summaries(m);
  bind_losses(m);
}

}  // namespace scangrad_tools
