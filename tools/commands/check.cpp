// scangrad check: checks claims about the library by running it.
//
//   scangrad check bptt        that minGRU and minLSTM need no backpropagation through time
//   scangrad check numerics    how far every op is from exact arithmetic, and that it is no further than it should be
//   ...
//   everything holds
//
// The checks need the library in double precision, so they are separate programs: tools/check/bptt_program.cpp and
// numerics_program.cpp.
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

int run_check(const std::string& name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / ("scangrad-check-" + name)).string();
  check(access(program.c_str(), X_OK) == 0, "check: {} is not built: meson compile -C {} scangrad-check-{}", program,
        self.parent_path().string(), name);
  execl(program.c_str(), program.c_str(), nullptr);
  fail("check: {} cannot be started", program);
}

}  // namespace

Run add_check(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("check", "prove by running what is claimed");
  command->require_subcommand(1);
  command->add_subcommand("bptt", "that the scans train without backpropagation through time");
  command->add_subcommand("numerics", "how far every op is from exact arithmetic, also on extreme inputs");
  return [command] { return run_check(command->get_subcommands().front()->get_name()); };
}

}  // namespace scangrad_tools
