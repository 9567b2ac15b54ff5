// scangrad check bptt: shows by running that minGRU and minLSTM need no backpropagation through time.
//
//   scangrad check bptt
//   ...
//   everything holds
//
// The checks run in double precision, so they are a program of their own beside this one: check_bptt.cpp.
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "../core/check.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

int check_bptt() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "scangrad-check-bptt").string();
  check(access(program.c_str(), X_OK) == 0, "check: {} is not built: meson compile -C {} scangrad-check-bptt", program,
        self.parent_path().string());
  execl(program.c_str(), program.c_str(), nullptr);
  fail("check: {} cannot be started", program);
}

}  // namespace

Run add_check(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("check", "prove by running what is claimed");
  command->require_subcommand(1);
  command->add_subcommand("bptt", "that the scans train without backpropagation through time");
  return check_bptt;
}

}  // namespace scangrad_tools
