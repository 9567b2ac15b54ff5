#include "params.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kStep = kAlignment / sizeof(real);  // numbers from one boundary to the next

template <class Draw>
void fill(Tensor& values, Draw draw) {
  real* const data = values.mutable_data();
  std::generate_n(data, values.numel(), draw);
}

}  // namespace

struct Params::Shared {
  uint64_t seed = 0;
  ParamLimits most;
  std::vector<Param> list;
  std::unordered_map<std::string, size_t> index;  // from a name to its place in the list
  std::vector<std::pair<std::string, Tensor>> buffers;
  std::unordered_set<std::string> names;  // of parameters and buffers
  int64_t numbers = 0;                    // in parameters and buffers
  int64_t size = 0;                       // numbers in an arena with every parameter of the list
  Tensor values, gradients;
  size_t placed = 0;  // how many parameters lie in the arenas
  const std::shared_ptr<InUse> in_use = std::make_shared<InUse>();
};

Init uniform_init(real bound) {
  return [bound](Tensor& values, Rng& rng) { fill(values, [&] { return rng.uniform(-bound, bound); }); };
}

Init normal_init(real stddev) {
  return [stddev](Tensor& values, Rng& rng) { fill(values, [&] { return stddev * rng.normal(); }); };
}

Init constant_init(real value) {
  return [value](Tensor& values, Rng&) { fill(values, [value] { return value; }); };
}

Init fan_in_init(int64_t count) {
  return uniform_init(static_cast<real>(1 / std::sqrt(static_cast<double>(count))));
}

Params::Params(uint64_t seed, const ParamLimits& most) : shared_(std::make_shared<Shared>()) {
  shared_->seed = seed;
  shared_->most = most;
}

Params Params::operator/(const std::string& name) const {
  check(!name.empty() && name.find('.') == std::string::npos,
        "params: name is \"{}\", but one that is not empty and has no dot is needed", name);
  Params result = *this;
  result.prefix_ += name + ".";
  return result;
}

// The full name of a new parameter or buffer, once it is known to be valid and within the limits.
std::string Params::claim(const std::string& name, const Shape& shape) const {
  std::string full = (*this / name).prefix_;
  full.pop_back();  // the dot
  check(shape.numel() > 0, "params: {} has shape {}, but at least one element is needed", full, shape);
  const ParamLimits& most = shared_->most;
  const std::string source = most.source.empty() ? "" : " by " + most.source;
  check(std::ssize(shared_->names) < most.tensors, "params: {} would be tensor {}, but at most {} are allowed{}", full,
        shared_->names.size() + 1, most.tensors, source);
  check(shape.numel() <= most.numbers - shared_->numbers,
        "params: {} has shape {}, but at most {} more numbers are allowed{}", full, shape,
        most.numbers - shared_->numbers, source);
  check(shared_->names.insert(full).second, "params: {} exists already, but a new name is needed", full);
  shared_->numbers += shape.numel();
  return full;
}

Tensor Params::tensor(const std::string& name, const Shape& shape, const Init& init,
                      const ParamOptions& options) const {
  const std::string full = claim(name, shape);
  const size_t index = shared_->list.size();
  shared_->index[full] = index;

  Tensor tensor(shape);
  Rng rng(shared_->seed, /*stream=*/index);
  init(tensor, rng);
  tensor.set_requires_grad(true);
  set_guard(tensor, shared_->in_use);
  set_name(tensor, full);
  shared_->list.push_back({full, tensor, options.role, options.decay, options.lr_scale, shared_->size});
  shared_->size += (shape.numel() + kStep - 1) / kStep * kStep;
  return tensor;
}

Tensor Params::shared(const std::string& name, const Shape& shape, const Init& init,
                      const ParamOptions& options) const {
  const auto known = shared_->index.find(prefix_ + name);
  if (known == shared_->index.end()) return tensor(name, shape, init, options);
  const Param& param = shared_->list[known->second];
  check(param.tensor.shape() == shape, "params: {} has shape {}, but {} is needed here", param.name,
        param.tensor.shape(), shape);
  return param.tensor;
}

Tensor Params::buffer(const std::string& name, const Shape& shape, real value) const {
  shared_->buffers.emplace_back(claim(name, shape), Tensor::full(shape, value));
  return shared_->buffers.back().second;
}

const std::vector<Param>& Params::list() const {
  return shared_->list;
}

const Param& Params::find(const std::string& name) const {
  const std::string full = prefix_ + name;
  const auto found = shared_->index.find(full);
  if (found != shared_->index.end()) return shared_->list[found->second];
  check(!shared_->list.empty(), "params: there is no {}; there are no parameters", full);
  std::vector<std::string> names;
  for (const Param& param : shared_->list) names.push_back(param.name);
  fail("params: there is no {}, the nearest is {}", full, nearest(full, names));
}

int64_t Params::count() const {
  int64_t count = 0;
  for (const Param& param : shared_->list) count += param.tensor.numel();
  return count;
}

std::vector<Tensor> Params::tensors() const {
  std::vector<Tensor> tensors;
  for (const Param& param : shared_->list) tensors.push_back(param.tensor);
  return tensors;
}

std::vector<std::pair<std::string, Tensor>> Params::saved() const {
  std::vector<std::pair<std::string, Tensor>> result;
  for (const Param& param : shared_->list) result.emplace_back(param.name, param.tensor);
  result.insert(result.end(), shared_->buffers.begin(), shared_->buffers.end());
  return result;
}

void Params::lay_out() const {
  Shared& shared = *shared_;
  if (shared.values.defined() && shared.placed == shared.list.size()) return;
  shared.values = Tensor::zeros({shared.size});
  shared.gradients = Tensor::zeros({shared.size});
  const auto values = std::make_shared<const Tensor>(shared.values);
  const auto gradients = std::make_shared<const Tensor>(shared.gradients);
  for (Param& param : shared.list) {
    param.tensor.move_to(shared.values.mutable_data() + param.offset, values);
    real* const place = shared.gradients.mutable_data() + param.offset;
    place_grad(param.tensor, Tensor::over(place, param.tensor.shape(), gradients));
  }
  shared.placed = shared.list.size();
}

Tensor Params::values() const {
  lay_out();
  return shared_->values;
}

Tensor Params::gradients() const {
  lay_out();
  real* const arena = shared_->gradients.mutable_data();
  for (const Param& param : shared_->list)
    if (!has_grad(param.tensor)) std::fill_n(arena + param.offset, param.tensor.numel(), real(0));
  return shared_->gradients;
}

real* Params::mutable_values() const {
  lay_out();
  for (Param& param : shared_->list) param.tensor.mutable_data();
  return shared_->values.mutable_data();
}

std::shared_ptr<InUse> Params::in_use() const {
  return shared_->in_use;
}

void Params::zero_grad() const {
  for (const Param& param : shared_->list) param.tensor.zero_grad();
}

}  // namespace scangrad::SCANGRAD_PRECISION
