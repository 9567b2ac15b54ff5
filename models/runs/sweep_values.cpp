#include "sweep_values.h"

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {
constexpr size_t kMostCombinations = 1'000;
}

SweepValues parse_sweep(const std::string& text) {
  const size_t equals = text.find('=');
  SweepValues sweep{text.substr(0, equals), {""}};
  const std::string list = equals == std::string::npos ? "" : text.substr(equals + 1);
  for (const char c : list)
    if (c == ',')
      sweep.values.emplace_back();
    else
      sweep.values.back() += c;
  check(equals != std::string::npos && !sweep.name.empty(),
        "scangrad: --sweep is '{}', but a name with its values is needed, such as lr=1e-3,3e-3", text);
  check(std::find(sweep.values.begin(), sweep.values.end(), "") == sweep.values.end(),
        "scangrad: --sweep is '{}', which lacks a value; type --sweep {}=VALUE,VALUE", text, sweep.name);
  std::replace(sweep.name.begin(), sweep.name.end(), '-', '_');
  return sweep;
}

std::vector<Combination> combinations(const std::vector<SweepValues>& sweep) {
  std::vector<Combination> all(1);
  std::vector<std::string> names;
  for (const auto& [name, values] : sweep) {
    check(std::find(names.begin(), names.end(), name) == names.end(),
          "scangrad: --sweep {} is given twice; write all of its values into one, {}=VALUE,VALUE", name, name);
    names.push_back(name);
    check(all.size() * values.size() <= kMostCombinations,
          "scangrad: the sweep has {} runs or more, but at most {} are allowed; leave out some values",
          all.size() * values.size(), kMostCombinations);
    std::vector<Combination> longer;
    for (const Combination& each : all)
      for (const std::string& value : values) {
        longer.push_back(each);
        longer.back().emplace_back(name, value);
      }
    all = longer;
  }
  return all;
}

}  // namespace scangrad::SCANGRAD_PRECISION
