// scangrad check: checks claims about the library by running it.
//
//   scangrad check bptt        that minGRU and minLSTM need no backpropagation through time
//   scangrad check numerics    how far every op is from exact arithmetic, and that it is no further than it should be
//   ...
//   everything holds
//
// The checks need the library in double precision, so they are separate programs: tools/check/bptt_program.cpp and
// numerics_program.cpp. The first use of a check builds its program, because compiling the whole library once more is
// not worth waiting for when only the network is to be trained.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../line/help_text.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// Builds a program in the build folder in which this program lies. All output of Ninja goes to stderr.
void build(const std::filesystem::path& folder, const std::string& program) {
  check(std::filesystem::exists(folder / "build.ninja"),
        "check: {} is not in {}, and this is not a build folder; run build/scangrad in a clone of the project", program,
        folder.string());
  const std::string command = fmt::format("ninja -C {} {}", shell_word(folder.string()), program);
  std::fprintf(stderr, "building %s, this time only: two to four minutes\n", program.c_str());
  check(std::system((command + " >&2").c_str()) == 0, "check: {} is not built, see above; to try again: {}", program,
        command);
}

int run_check(const std::string& name) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const std::string program = "scangrad-check-" + name, path = (folder / program).string();
  if (access(path.c_str(), X_OK) != 0) build(folder, program);
  execl(path.c_str(), path.c_str(), nullptr);
  fail("check: {} cannot be started", path);
}

}  // namespace

Run add_check(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("check", "prove by running what is claimed");
  command->require_subcommand(1);
  command->add_subcommand("bptt", "that the scans train without backpropagation through time");
  command->add_subcommand("numerics", "how far every op is from exact arithmetic, also on extreme inputs");
  set_example(*command, "check bptt");
  return [command] { return run_check(command->get_subcommands().front()->get_name()); };
}

}  // namespace scangrad_tools
