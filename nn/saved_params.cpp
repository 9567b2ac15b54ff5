#include "saved_params.h"

#include <unordered_map>
#include <unordered_set>

#include "../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// "a, b, c and 7 more"
std::string enumerated(const std::vector<std::string>& names) {
  const size_t most = 4;
  std::string result;
  for (size_t i = 0; i < names.size() && i < most; ++i) result += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most) result += fmt::format(" and {} more", names.size() - most);
  return result;
}

void compare_names(const std::vector<std::string>& wanted, const std::vector<std::string>& given,
                   const std::string& who) {
  const auto without = [](const std::vector<std::string>& names, const std::vector<std::string>& others) {
    const std::unordered_set<std::string> known(others.begin(), others.end());
    std::vector<std::string> rest;
    for (const std::string& name : names)
      if (known.count(name) == 0) rest.push_back(name);
    return rest;
  };
  const std::vector<std::string> missing = without(wanted, given);
  std::vector<std::string> unexpected = without(given, wanted);
  for (std::string& name : unexpected) name = shown_name(name);
  check(missing.empty(), "{} lacks {}{}{}", who, enumerated(missing), unexpected.empty() ? "" : ", and has unexpected ",
        enumerated(unexpected));
  check(unexpected.empty(), "{} has unexpected {}", who, enumerated(unexpected));
}

}  // namespace

void check_names(const SafetensorsFile& file, const std::vector<std::string>& names, const std::string& prefix) {
  std::vector<std::string> given;
  for (const SafetensorsFile::Entry& entry : file.entries())
    if (entry.name.starts_with(prefix)) given.push_back(entry.name);
  compare_names(names, given, "safetensors: " + file.path());
}

void copy_named(NamedTensors to, const NamedTensors& from, const std::string& who) {
  std::vector<std::string> wanted, given;
  std::unordered_map<std::string, Tensor> by_name;
  for (const auto& [name, tensor] : to) wanted.push_back(name);
  for (const auto& [name, tensor] : from) {
    given.push_back(name);
    by_name[name] = tensor;
  }
  compare_names(wanted, given, who);
  for (const auto& [name, tensor] : to)
    check(by_name[name].shape() == tensor.shape(), "{}: {} has shape {}, but {} is needed", who, name,
          by_name[name].shape(), tensor.shape());
  for (auto& [name, tensor] : to) tensor.copy_from(by_name[name]);
}

void add_weight(SafetensorsWriter& writer, const std::string& name, const Tensor& tensor, Precision weights) {
  if (weights == Precision::kBf16 && tensor.shape().rank() >= 2)
    writer.add_bf16(name, tensor);
  else
    writer.add(name, tensor);
}

void save_params(const Params& params, const std::string& path, const std::map<std::string, std::string>& metadata,
                 Precision weights) {
  SafetensorsWriter writer;
  for (const auto& [name, tensor] : params.saved()) add_weight(writer, name, tensor, weights);
  for (const auto& [key, value] : metadata) writer.add_metadata(key, value);
  writer.save(path);
}

ParamLimits limits_of(const SafetensorsFile& file) {
  ParamLimits limits{.tensors = 2 * std::ssize(file.entries()) + 64, .numbers = 65'536, .source = file.path()};
  for (const SafetensorsFile::Entry& entry : file.entries()) limits.numbers += entry.end - entry.begin;
  return limits;
}

void load_params(const Params& params, const SafetensorsFile& file, const std::string& prefix) {
  NamedTensors saved = params.saved();
  std::vector<std::string> names;
  for (const auto& [name, tensor] : saved) names.push_back(prefix + name);
  check_names(file, names, prefix);

  std::vector<Tensor> tensors;  // all are read before the first parameter changes
  for (size_t i = 0; i < saved.size(); ++i) {
    const Shape &shape = file.entry(names[i]).shape, &needed = saved[i].second.shape();
    check(shape == needed, "safetensors: {}: {} has shape {}, but the parameter has {}", file.path(), names[i], shape,
          needed);
    tensors.push_back(file.finite_tensor(names[i]));
  }
  for (size_t i = 0; i < saved.size(); ++i) saved[i].second.copy_from(tensors[i]);
}

}  // namespace scangrad::SCANGRAD_PRECISION
