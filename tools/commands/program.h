// How a program ends.
#pragma once

#include <functional>

namespace scangrad_tools {

// Calls `run` and returns the exit status of the program: the result of `run`, or 1 after a line on stderr if it throws
// or if part of the output could not be written. If the reader of a pipe has closed it (`| head`), SIGPIPE ends the
// program as usual; if that signal is ignored, the status is 1 without a message.
int run_program(const std::function<int()>& run);

}  // namespace scangrad_tools
