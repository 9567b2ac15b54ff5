// The scangrad program: trains and evaluates networks, draws curves, and measures the machine.
//
//   scangrad train copy --preset quick --out runs/quick
//   ...
//   test accuracy 99.71 % on 4096 unseen examples (loss 0.0112)
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "../../core/files/text.h"
#include "../../core/kernels/denormals.h"
#include "commands.h"
#include "program.h"

namespace {

// By default two signals end a process without a message. SIGBUS comes if a memory-mapped file has become shorter:
// print a line. SIGXFSZ comes if a file would exceed the allowed size: if it is ignored, write() fails as on a full
// disk.
void make_errors_of_signals() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGBUS, [](int) {
    constexpr char kLine[] = "scangrad: a file that is being read has become shorter\n";
    _exit(write(STDERR_FILENO, kLine, sizeof kLine - 1) > 0 ? 1 : 2);
  });
}

}  // namespace

using namespace scangrad_tools;

int main(int argc, char** argv) {
  make_errors_of_signals();
  scangrad::flush_denormals(true);  // before the first parallel work: OpenMP's threads get this setting when they begin
  program_name() = scangrad::shell_word(argv[0]);
  CLI::App app;
  return run_program([&] { return parse_command_line(app, argc, argv)(); });
}
