// How a program ends.
#pragma once

#include <functional>
#include <string>

#include "../../core/error.h"

namespace scangrad_tools {

// An error after whose line further lines are printed.
class ErrorWithLines : public scangrad::Error {
 public:
  ErrorWithLines(const std::string& message, std::string its_lines) : Error(message), lines(std::move(its_lines)) {}
  std::string lines;
};

// Calls `run` and returns the exit status of the program: the result of `run`, or 1 after a line on stderr if it throws
// or if part of the output could not be written. If the reader of a pipe has closed it (`| head`), SIGPIPE ends the
// program as usual; if that signal is ignored, the status is 1 without a message.
int run_program(const std::function<int()>& run);

}  // namespace scangrad_tools
