// Collects cases for the comparison with PyTorch: inputs, results and gradients of ops and layers.
//
// A case has the name "KIND NUMBER OPTION=VALUE ...". Its tensors are CASE/in/NAME, CASE/ids/NAME (with the shape in
// CASE/shape/NAME), CASE/out/I, CASE/up/I (the gradient given to output I) and CASE/grad/NAME.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../core/files/safetensors.h"
#include "../nn/params.h"
#include "properties.h"

namespace scangrad::SCANGRAD_PRECISION {

constexpr int64_t kCases = 12;
using Tensors = std::vector<Tensor>;
using Function = std::function<Tensors(const Tensors&)>;

// Collects the cases. Each has a Draw for its sizes and numbers, which is the same in every run.
class Cases {
 public:
  using Inputs = std::vector<std::pair<std::string, Tensor>>;

  template <class F>
  void each(const std::string& kind, F f) {
    for (int64_t i = 0; i < kCases; ++i) {
      Draw draw(i);
      name_ = kind + " " + std::to_string(i);
      f(draw);
    }
  }

  // Call these before add().
  void option(const std::string& key, int64_t value) { name_ += " " + key + "=" + std::to_string(value); }
  void ids(const std::string& key, const Ids& ids) {
    writer_.add(name_ + "/ids/" + key, std::vector<int64_t>(ids.data(), ids.data() + ids.numel()));
    writer_.add(name_ + "/shape/" + key, std::vector<int64_t>(ids.shape().begin(), ids.shape().end()));
  }
  void add(Draw& draw, const Inputs& inputs, const Function& f) {
    Tensors leaves, ups;
    for (const auto& [key, tensor] : inputs) {
      leaves.push_back(leaf(tensor));
      write("/in/" + key, tensor);
    }
    const Tensors outputs = f(leaves);
    for (size_t i = 0; i < outputs.size(); ++i) {
      ups.push_back(draw.tensor(outputs[i].shape()));
      write("/out/" + std::to_string(i), outputs[i]);
      write("/up/" + std::to_string(i), ups.back());
    }
    backward(outputs, ups);
    for (size_t i = 0; i < leaves.size(); ++i)
      if (leaves[i].grad().defined()) write("/grad/" + inputs[i].first, leaves[i].grad());
  }
  // A layer with the input x; its parameters are inputs of the case too.
  void add_layer(Draw& draw, const Params& params, const Tensor& x, const std::function<Tensor(const Tensor&)>& layer) {
    Inputs inputs{{"x", x}};
    for (const Param& param : params.list()) inputs.emplace_back(param.name, param.tensor);
    add(draw, inputs, [&](const Tensors& in) { return Tensors{layer(in[0])}; });
  }

  void write(const std::string& name, const Tensor& tensor) { writer_.add(name_ + name, tensor.clone()); }
  void save(const std::string& path) const { writer_.save(path); }

 private:
  SafetensorsWriter writer_;
  std::string name_;
};

struct Sizes {
  explicit Sizes(Draw& draw) : B(draw.size(5)), T(draw.size(33)), D(draw.size(33)) {}
  Shape shape(int64_t parts = 1) const { return {B, T, parts * D}; }
  int64_t B, T, D;
};

}  // namespace scangrad::SCANGRAD_PRECISION
