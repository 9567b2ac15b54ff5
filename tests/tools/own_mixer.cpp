// The scangrad program with one more mixer: registered before the command line is read, it is a mixer like any other.
#include <CLI/CLI.hpp>

#include "../../nn/mixer.h"
#include "../../tools/commands/commands.h"
#include "../../tools/commands/program.h"

using namespace scangrad;

// A GRU by another name, with an option of its own that changes nothing.
std::unique_ptr<Mixer> make_toy(const Params& params, const MixerConfig& config) {
  MixerConfig of_gru = config;
  of_gru.options = {};
  return make_mixer("gru", params, of_gru);
}

int main(int argc, char** argv) {
  register_mixer({.name = "toy", .help = "a toy", .make = make_toy, .options = {{"taps", 2, "steps that it sees"}}});
  scangrad_tools::program_name() = argv[0];
  CLI::App app;
  return scangrad_tools::run_program([&] { return scangrad_tools::parse_command_line(app, argc, argv)(); });
}
