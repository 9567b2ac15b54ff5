// The one exception type of the library.
//
// A message is one line in lower case: `unit: argument has <got>, but <needed>`. Errors are thrown at public boundaries
// only; kernels trust what they are given.
#pragma once

#include <stdexcept>
#include <string>

#include "real.h"

namespace scangrad::inline SCANGRAD_PRECISION {

class SCANGRAD_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
