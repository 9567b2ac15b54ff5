// The one exception type of the library.
//
// A message is one line in lower case: `unit: argument has <got>, but <needed>`. It may quote what stands in a file or
// on a command line: whatever that is, the line stays one and does nothing to a terminal (printable() of text.h).
// Errors are thrown at public boundaries only; kernels trust what they are given.
#pragma once

#include <stdexcept>
#include <string>

#include "files/text.h"
#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(shortened(printable(message), 1'000)) {}
};

}  // namespace scangrad::SCANGRAD_PRECISION
