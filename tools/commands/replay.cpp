// scangrad replay FILE-OR-FOLDER: repeats the step that ended a run of train --detect-nan.
//
//   scangrad replay runs/x/replay.safetensors
//   op               layer                            pass      shape              largest       nan       inf
//   ...
//   min_gru_scan     blocks.1.mixer                   backward  [64, 256, 128]         nan       256         0
//   train: step 412: min_gru_scan after blocks.1.mixer gives nan in row 3 of the gradient of its input 0
//
// The table shows the ops before the finding, in the order in which they first ran: the largest magnitude in the
// results of an op, or in the gradients that its backward wrote. The data is read again from the files of the run. The
// exit status is 1 if the finding is repeated, 0 if every number is finite.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/safetensors.h"
#include "../../core/files/text.h"
#include "../../models/runs/kept_texts.h"
#include "../../models/tasks/table.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "commands.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr size_t kRows = 24;  // of the table, unless --all is given

void print_row(const std::string& op, const std::string& layer, const char* pass, const std::string& shape,
               const std::string& largest, int64_t nans, int64_t infinities) {
  fmt::print("{:<20} {:<36} {:<9} {:<20} {:>10} {:>9} {:>9}\n", op, layer, pass, shape, largest, nans, infinities);
}

void print_table(const Replay& replay, bool all) {
  const std::vector<NanWatch::Seen>& seen = replay.seen;
  const size_t first = all || seen.size() <= kRows ? 0 : seen.size() - kRows;
  if (first > 0) fmt::print("{} ops before these: --all\n", first);
  fmt::print("{:<20} {:<36} {:<9} {:<20} {:>10} {:>9} {:>9}\n", "op", "layer", "pass", "shape", "largest", "nan",
             "inf");
  const size_t end = seen.size() - (replay.found ? 1 : 0);
  for (size_t i = first; i < end; ++i)
    print_row(seen[i].op, seen[i].layer, seen[i].backward ? "backward" : "forward", seen[i].shape.str(),
              fmt::format("{:.3g}", seen[i].largest), 0, 0);
  if (!replay.found) return;
  const NanFinding& found = *replay.found;
  const char* const pass = found.role == NanFinding::Role::kInput    ? "input"
                           : found.role == NanFinding::Role::kResult ? "forward"
                                                                     : "backward";
  print_row(found.op, found.layer, pass, found.shape.str(), number_text(found.value), found.nans, found.infinities);
}

}  // namespace

int replay_step(const TrainOptions& options, const Params& params, const Task& task) {
  const Replay result = replay(options.config.train, params, task, options.replay);
  print_table(result, options.all_rows);
  fmt::print("train: step {}: {}\n", result.step, result.found ? result.finding : "every number is finite");
  return result.found ? 1 : 0;
}

Run add_replay(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("replay", "repeat the step that ended a run of train --detect-nan");
  const auto options = std::make_shared<TrainOptions>();
  command->add_option("file", options->replay, "replay.safetensors of the run, or the run's folder");
  set_example(*command, "replay runs/copy-quick-mingru-seed42");
  command->add_flag("--all", options->all_rows, fmt::format("show every op, not only the last {}", kRows));
  return [options] {
    const NeededRun need =
        run_holding("replay", "replay.safetensors", "train " + tasks().front().name + " --detect-nan");
    if (options->replay.empty()) check_run(need, options->replay);
    std::error_code error;
    if (std::filesystem::is_directory(options->replay, error)) {
      const std::string folder = options->replay;
      options->replay += "/replay.safetensors";
      if (!std::filesystem::exists(options->replay, error))
        refuse_run(need, fmt::format("replay: {} holds no replay.safetensors; train --detect-nan writes one where a "
                                     "number is not finite",
                                     folder));
    }
    options->config = parse_config(KeptTexts::of_replay(options->replay).text("config.json"), options->replay);
    return train_run(*options);
  };
}

}  // namespace scangrad_tools
