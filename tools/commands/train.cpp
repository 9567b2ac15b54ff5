// scangrad train TASK: trains a network, evaluates its best weights, and draws the learning curve.
//
//   scangrad train copy --preset quick --out runs/quick            selective copying, on unseen examples
//   ...
//   trained after 2000 steps in 0:48, 66 MB at most
//   test accuracy 99.71 % on 4096 unseen examples (loss 0.0112)
//
//   scangrad train text --data input.txt --out runs/text           a text, on its last tenth
//   scangrad train text --resume runs/text --steps 2000            continues where it stopped
//
//   scangrad train series --data load.csv                          forecasts of a series, on its last tenth
//   scangrad train sequences --data x.npy --labels y.npy           labels of sequences
//
// The row of a task says what is special about it (models/tasks/table.h). This file holds what all tasks share.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "../../core/check.h"
#include "../../core/files/safetensors.h"
#include "../../core/files/text.h"
#include "../../core/kernels/bf16_product.h"
#include "../../core/kernels/gemm.h"
#include "../../core/threads.h"
#include "../../models/runs/run_folder.h"
#include "../../models/tasks/table.h"
#include "../../models/training/metrics.h"
#include "../../models/training/progress.h"
#include "../line/suggestions.h"
#include "../plot/curves.h"
#include "commands.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

std::string absolute_path(const std::string& path, const std::string& before) {
  std::error_code error;
  if (std::filesystem::equivalent(path, before, error)) return before;
  const std::filesystem::path absolute = std::filesystem::absolute(path);
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

namespace {

// Makes the folder of a new run, or checks the folder of a run to resume.
void open_folder(TrainOptions& options) {
  const RunConfig& config = options.config;
  if (!options.resume.empty()) return check_resumable(options.resume);
  if (options.out.empty())
    options.out =
        fmt::format("runs/{}-{}-{}-seed{}", config.task, options.preset, config.stack.mixer.name, config.train.seed);
  create_run_folder(options.out, options.force);
}

void make_paths_absolute(TrainOptions& options) {
  for (const std::string& name : task_row(options.config.task).files) {
    const std::string path = options.config.get<std::string>(name);
    const std::string before = options.before ? options.before->get<std::string>(name) : "";
    if (!path.empty()) options.config.options.set(name, absolute_path(path, before));
  }
}

// The changed options of a run that has ended, without those that do not change its results: its number of steps, how
// often it writes, and where its data lies.
std::vector<std::string> too_late(const RunConfig& before, RunConfig now) {
  now.train.steps = before.train.steps;
  now.train.stop_at = before.train.stop_at;
  now.train.log_every = before.train.log_every;
  now.train.save_every = before.train.save_every;
  const TaskRow& row = task_row(now.task);
  for (const auto* const names : {&row.files, &row.late})
    for (const std::string& name : *names) now.options.set(name, *before.options.find(name));
  return changed_fields(before, now);
}

// Prints where a run is resumed and what has changed in it.
void say_where_it_resumes(const TrainOptions& options, const TrainStart& start) {
  const RunConfig& before = *options.before;
  const TrainConfig& now = options.config.train;
  const bool stopped = start.is_done && start.step < now.steps;
  const std::vector<std::string> vain = start.is_done ? too_late(before, options.config) : std::vector<std::string>();
  check(vain.empty(), "scangrad: the run in {} has ended after {} steps, so {} cannot change anything; {} continues it",
        options.resume, start.step, joined(vain), stopped ? "--stop-at 0" : "a larger --steps");
  fmt::print("{} step {} of {}\n", start.is_done ? "ended after" : "resuming after", start.step, now.steps);
  if (stopped) fmt::print("the accuracy to stop at was reached; --stop-at 0 continues\n");
  const std::vector<std::string> changes = changed_fields(before, options.config);
  if (!changes.empty()) fmt::print("changed from here on: {}\n", joined(changes));
  if (start.other_data) fmt::print("the data has changed\n");
  if (!start.is_done && (start.other_data || start.other_validation))
    fmt::print("the best validation so far does not count: it was measured differently\n");
  if (!start.is_done && before.train.steps != now.steps && now.lr != now.min_lr)
    fmt::print("the cosine of the learning rate now ends at step {}\n", now.steps);
  std::fflush(stdout);
}

void say_what_it_trains(const TrainOptions& options, const TrainedRun& run, const OpenTask& opened) {
  const RunConfig& config = run.config;
  fmt::print("{} on {}; {}, width {}, expansion {}; {} parameters\n", config.stack.mixer.name, opened.summary,
             counted(config.stack.layers, "layer"), config.stack.dim, config.stack.expansion, run.params.count());
  fmt::print("{}, {}; {} {}\n", counted(threads(), "thread"), gemm_description(),
             options.resume.empty() ? "writing to" : "resuming in", options.folder());
  if (config.train.precision == Precision::kBf16) fmt::print("bf16: {}\n", bf16_description());
  if (threads() == 1) fmt::print("one thread only: --threads sets another number\n");
  std::fflush(stdout);
}

TrainResult train_network(const TrainOptions& options, const TrainedRun& run, const OpenTask& opened) {
  const RunConfig& config = run.config;
  const std::string folder = options.folder();
  if (!options.is_part_of_sweep) say_what_it_trains(options, run, opened);

  const auto started = [&](const TrainStart& start) {
    if (options.before) say_where_it_resumes(options, start);
    if (opened.save) opened.save(folder);
    save_config(config, folder + "/config.json");  // last: run_folder.h
  };
  const TrainResult result = train(config.train, run.params, opened.task,
                                   {.folder = folder,
                                    .progress = stdout,
                                    .resume = !options.resume.empty(),
                                    .other_data = options.names_data,
                                    .profile = options.profile,
                                    .detect_nan = options.detect_nan,
                                    .say_validations = !options.is_part_of_sweep,
                                    .started = started});
  if (!options.is_part_of_sweep)
    fmt::print("{} after {} steps in {}, {:.0f} MB at most\n", result.interrupted ? "interrupted" : "trained",
               result.steps, clock_time(result.seconds), peak_memory_mb());
  if (result.skipped > 0) fmt::print("{} steps were skipped\n", result.skipped);
  const std::string problem =
      plot_run(folder, config.task, fmt::format("{} on {}", config.stack.mixer.name, opened.title));
  if (!problem.empty() && !options.is_part_of_sweep) fmt::print("no curve drawn: {}\n", problem);
  return result;
}

}  // namespace

void complete_options(TrainOptions& options) {
  make_paths_absolute(options);
  const TaskRow& row = task_row(options.config.task);
  if (row.prepare) row.prepare(options.config);
  check_options(options.config.train);
}

OpenTask open_run(const TrainOptions& options, TrainedRun& run) {
  return task_row(run.config.task)
      .open(run, !options.replay.empty()   ? KeptTexts::of_replay(options.replay)
                 : !options.resume.empty() ? KeptTexts::of_folder(options.resume)
                                           : KeptTexts());
}

TrainResult train_in_folder(TrainOptions& options, const TrainedRun& run, const OpenTask& opened) {
  open_folder(options);
  const RunLock lock(options.folder());
  return train_network(options, run, opened);
}

int train_run(TrainOptions& options) {
  complete_options(options);
  TrainedRun run = new_run(options.config);
  const OpenTask opened = open_run(options, run);
  if (!options.replay.empty()) return replay_step(options, run.params, opened.task);
  const TaskRow& row = task_row(options.config.task);
  const TrainResult result = train_in_folder(options, run, opened);
  if (result.interrupted) {
    fmt::print("saved; to resume: {} train {} --resume {}\n", program_name(), row.name, shell_word(options.folder()));
    return kInterrupted;
  }
  if (opened.report) fmt::print("{}", opened.report(result));
  fmt::print("{}", next_steps(options.config, options.folder()));
  return 0;
}

}  // namespace scangrad_tools
