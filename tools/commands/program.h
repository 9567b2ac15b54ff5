// How a program ends.
#pragma once

#include <functional>

namespace scangrad_tools {

// Runs what a program does, and returns its exit status: what `run` returns, or 1 after a line on stderr where it
// throws, or where standard output took not all that was said: a result that is lost is no success. A reader that has
// enough (`| head`) is no error to talk about: SIGPIPE ends the program as it does any other, and where that is ignored
// nothing is said.
int run_program(const std::function<int()>& run);

}  // namespace scangrad_tools
