// The one exception type of the library.
//
// A message is one line in lower case: `unit: argument has <got>, but <needed>`. It may quote a file or a command line:
// printable() of files/text.h keeps it one line without control characters. Errors are thrown by public functions only;
// kernels do not check their arguments.
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
