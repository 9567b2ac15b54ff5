// The values of a sweep: what `--sweep lr=1e-3,3e-3` says, and every combination of several of them.
//
//   const SweepValues lr = parse_sweep("lr=1e-3,3e-3"), layers = parse_sweep("layers=1,2");
//   combinations({lr, layers})      {lr 1e-3, layers 1}, {lr 1e-3, layers 2}, {lr 3e-3, layers 1}, {lr 3e-3, layers 2}
//
// Values are texts here: the option of that name reads and checks them. In a name, "-" is "_".
//
// Errors: no name, no value or an empty one, a name that occurs twice, more than a thousand combinations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SweepValues {
  std::string name;
  std::vector<std::string> values;
};

// Names with values, in the order in which they were typed.
using Combination = std::vector<std::pair<std::string, std::string>>;

SCANGRAD_API SweepValues parse_sweep(const std::string& text);
SCANGRAD_API std::vector<Combination> combinations(const std::vector<SweepValues>& sweep);

}  // namespace scangrad::SCANGRAD_PRECISION
