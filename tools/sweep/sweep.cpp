#include "sweep.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/memory.h"
#include "../../models/runs/run_folder.h"
#include "../../models/runs/sweep_values.h"
#include "../../models/training/checkpoint.h"
#include "../../models/training/progress.h"
#include "../../models/training/stop_signals.h"
#include "../../models/training/trial.h"
#include "../commands/mixer_options.h"
#include "../line/command_line.h"
#include "../plot/curves.h"
#include "../plot/labels.h"
#include "runs.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

constexpr const char* kStops =
    "\nstops after this step, and its validation if one is due, and saves; a second Ctrl-C ends it at once\n";

// One run of the sweep.
struct Part {
  TrainOptions options;
  std::string values;        // as they were typed: "lr=1e-3,layers=1"
  std::string text, folder;  // "lr=0.001, layers=1"
  bool is_done = false;      // before this call
};

std::string flag_text(const Combination& values) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : values) texts.push_back(name + "=" + value);
  return joined(texts, ",");
}

[[noreturn]] void fail_for(const std::string& values, const Error& error) {
  const std::string why = error.what(), unit = "scangrad: ";
  fail("scangrad: --sweep {}: {}", values, why.rfind(unit, 0) == 0 ? why.substr(unit.size()) : why);
}

// What the line says with these values as flags at its end.
TrainOptions options_with(std::vector<std::string> words, const Combination& values) {
  for (const auto& [name, value] : values) words.push_back(flag_of(name) + "=" + value);
  TrainOptions found;
  const auto keep = [&](TrainOptions& options) {
    found = options;
    return 0;
  };
  const auto add = [&](CLI::App& app, const std::vector<std::string>& line) { return add_train(app, line, keep); };
  try {
    CLI::App app;
    parse_command_line(app, std::move(words), add)();
    complete_options(found);
  } catch (const Error& error) {
    fail_for(flag_text(values), error);
  }
  found.is_part_of_sweep = true;
  return found;
}

// The names of the options that a sweep may have: the fields of a run, and the options of all mixers.
void check_names(const TrainOptions& typed, const std::vector<SweepValues>& sweep) {
  std::vector<std::string> known;
  for (const auto& [name, value] : field_texts(typed.config))
    if (name != "task") known.push_back(name);
  for (const std::string& mixer : mixer_names())
    for (const Option& option : mixer_row(mixer).options) known.push_back(option.name);
  for (const SweepValues& each : sweep)
    check(std::find(known.begin(), known.end(), each.name) != known.end(),
          "scangrad: --sweep {}: a run of train {} has no option '{}'; the nearest is '{}'", each.name,
          typed.config.task, each.name, nearest(each.name, known));
}

// The value that a run has for an option, as text; of a file only its name.
std::string value_of(const RunConfig& config, const std::string& name) {
  const std::vector<std::string>& files = task_row(config.task).files;
  for (const auto& [field, text] : field_texts(config))
    if (field == name)
      return std::find(files.begin(), files.end(), name) == files.end() ? text : fs::path(text).filename().string();
  return "";
}

// Finds the run that is in the folder already: one that has ended, or one to resume.
void look_into_folder(Part& part) {
  std::error_code error;
  if (!fs::exists(fs::path(part.folder) / "config.json", error)) {
    part.options.force = true;  // what a process left that was killed before its run began
    return;
  }
  const RunSummary run = summary_of_run(part.folder);
  check(run.state != RunState::kBroken, "scangrad: {} cannot be read; delete it: {}", part.folder, run.problem);
  check(run.state != RunState::kTraining, "scangrad: another process trains in {}; wait for its end", part.folder);
  part.options.resume = part.folder;
  part.options.before = run.config;
  complete_options(part.options);  // data that is the same file keeps its path
  const std::vector<std::string> changes = run.config.task == part.options.config.task
                                               ? changed_fields(run.config, part.options.config)
                                               : std::vector<std::string>{"task " + run.config.task};
  check(changes.empty(), "scangrad: {} holds another run: {}; give the sweep another --out", part.folder,
        joined(changes));
  part.is_done = run.state == RunState::kDone;
  part.options.names_data = false;  // the data must be the same as before
  if (!part.is_done) check_resumable(part.folder);
}

std::vector<Part> parts_of(const TrainOptions& typed, const std::vector<std::string>& words, const std::string& out) {
  std::vector<SweepValues> sweep;
  for (const std::string& text : typed.sweep) sweep.push_back(parse_sweep(text));
  check_names(typed, sweep);
  std::vector<Part> parts;
  std::map<std::string, std::string> folders;  // and the values that make them
  for (const Combination& values : combinations(sweep)) {
    Part part{options_with(words, values), flag_text(values), "", ""};
    std::vector<std::string> texts;
    for (const auto& [name, value] : values) texts.push_back(name + "=" + value_of(part.options.config, name));
    std::string name = joined(texts, ",");
    std::replace(name.begin(), name.end(), '/', '_');
    const auto [place, is_new] = folders.emplace(name, flag_text(values));
    check(is_new, "scangrad: --sweep {} and {} are the same run, {}; leave one of them out", place->second,
          flag_text(values), name);
    part.text = joined(texts);
    part.folder = out + "/" + name;
    part.options.out = part.folder;
    look_into_folder(part);
    parts.push_back(part);
  }
  return parts;
}

OpenTask opened_for(const Part& part, TrainedRun& run) {
  try {
    return open_run(part.options, run);
  } catch (const Error& error) {
    fail_for(part.values, error);
  }
}

// How long all runs together take that have not ended. It opens each of them, so that what is wrong is found now.
double seconds_of(const std::vector<Part>& parts) {
  std::map<std::string, double> measured;  // by what changes the time of a step
  double sum = 0;
  for (const Part& part : parts) {
    if (part.is_done) continue;
    const RunConfig& config = part.options.config;
    RunConfig same_time = config;
    same_time.train = {};
    same_time.train.accumulate = config.train.accumulate;
    TrainedRun run = new_run(config);
    const OpenTask opened = opened_for(part, run);
    auto place = measured.find(config_json(same_time));
    try {
      if (place == measured.end())
        place = measured.emplace(config_json(same_time), seconds_of_step(config.train, run.params, opened.task)).first;
    } catch (const Error&) {  // reported when the run is trained
      continue;
    }
    const int64_t done = part.options.resume.empty() ? 0 : load_loop(part.options.resume + "/train.safetensors").step;
    sum += place->second * static_cast<double>(config.train.steps - done);
  }
  return sum;
}

void print_result(const std::string& folder, const char* before) {
  const RunSummary run = summary_of_run(folder);
  std::vector<std::string> texts;
  if (run.loss) texts.push_back(fmt::format("loss {:#.4g}", *run.loss));
  if (run.accuracy) texts.push_back(fmt::format("accuracy {:.2f} %", 100 * *run.accuracy));
  texts.push_back(fmt::format("{} steps in {}", run.steps, clock_time(run.seconds.value_or(0))));
  if (run.peak_mb) texts.push_back(fmt::format("{:.0f} MB", *run.peak_mb));
  fmt::print("{}{}\n", before, joined(texts));
  std::fflush(stdout);
}

// Trains a run; says whether it was interrupted.
bool train_part(Part& part) {
  release_unused_memory();  // of the run before: the largest memory is of this run alone
  restart_peak_memory();
  TrainedRun run = new_run(part.options.config);
  const OpenTask opened = open_run(part.options, run);
  const TrainResult result = train_in_folder(part.options, run, opened);
  print_result(part.folder, result.interrupted ? "interrupted: " : "");
  return result.interrupted;
}

void draw(const std::vector<Part>& parts, const std::string& out) {
  std::vector<RunMetrics> metrics;
  std::vector<std::string> folders;
  std::vector<RunConfig> configs;
  for (const Part& part : parts) {
    RunSummary run = summary_of_run(part.folder);
    if (!has_values(run.rows, Measure::kLoss)) continue;
    metrics.push_back(std::move(run.rows));
    folders.push_back(part.folder);
    configs.push_back(std::move(run.config));
  }
  if (folders.empty()) return;
  std::vector<Curve> curves;
  for (const RunGroup& group : groups_of_runs(folders, configs).groups) {
    Curve curve{group.label, group.style, {}};
    for (const size_t run : group.runs) curve.runs.push_back(metrics[run]);
    curves.push_back(std::move(curve));
  }
  const std::string problem = plot_runs(curves, Measure::kLoss, configs.front().task, out, "sweep");
  fmt::print("{}\n", problem.empty() ? fmt::format("picture: {}/sweep.svg", out) : "no picture drawn: " + problem);
}

// The table, the picture, and what to type next.
void print_end(const std::vector<Part>& parts, const std::string& out) {
  print_runs(runs_in(out));
  draw(parts, out);
  const Part* best = nullptr;
  double lowest = 0;
  for (const Part& part : parts)
    if (const auto loss = summary_of_run(part.folder).loss; loss && (best == nullptr || *loss < lowest)) {
      best = &part;
      lowest = *loss;
    }
  if (best != nullptr && task_row(best->options.config.task).evaluate)
    fmt::print("to judge the best run: {} eval {}\n", program_name(), shell_word(best->folder));
}

}  // namespace

int train_sweep(const TrainOptions& typed, const std::vector<std::string>& words) {
  const std::string out =
      typed.out.empty() ? fmt::format("runs/sweep-{}-{}", typed.config.task, typed.preset) : typed.out;
  std::error_code error;
  check(!fs::exists(fs::path(out) / "config.json", error),
        "scangrad: {} is the folder of a run; a sweep makes folders of its own in --out, so give another", out);
  std::vector<Part> parts = parts_of(typed, words, out);
  const double seconds = seconds_of(parts);
  const auto done = std::count_if(parts.begin(), parts.end(), [](const Part& part) { return part.is_done; });
  fmt::print("{} in {}{}{}\n", counted(static_cast<int64_t>(parts.size()), "run"), out,
             done > 0 ? fmt::format(", {} of them done", done) : "", seconds > 0 ? ": " + about_time(seconds) : "");
  int status = 0;
  const StopSignals signals(kStops);  // of all runs: one that ends at the same time does not lose a request
  for (size_t i = 0; i < parts.size(); ++i) {
    fmt::print("run {} of {}: {}\n", i + 1, parts.size(), parts[i].text);
    std::fflush(stdout);
    if (parts[i].is_done) {
      print_result(parts[i].folder, "done before: ");
      continue;
    }
    try {
      const bool interrupted = train_part(parts[i]);
      if (!interrupted && (!signals.came() || i + 1 == parts.size())) continue;
      std::vector<std::string> line{program_name()};
      for (const std::string& word : words) line.push_back(shell_word(word));
      fmt::print("saved; to resume: {}\n", joined(line, " "));
      return kInterrupted;
    } catch (const Error& failed) {
      fmt::print("ended with an error: {}\n", failed.what());
      status = 1;
    }
  }
  print_end(parts, out);
  return status;
}

}  // namespace scangrad_tools
