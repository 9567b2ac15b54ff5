// scangrad plot RUN...: the learning curves of several runs in one picture, against steps and against wall-clock time.
//
//   scangrad plot runs/gru runs/lstm
//   runs/compared.svg runs/compared.png
//
// The legend says in what the runs differ (tools/plot/labels.h). Runs that differ only in their seeds are drawn as
// their mean, with their range as a band.
//
//   scangrad plot gates runs/gru --text "To be"      draws gates: gates.cpp
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/find_runs.h"
#include "../../models/runs/run_config.h"
#include "../../models/tasks/table.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "../plot/curves.h"
#include "../plot/gnuplot.h"
#include "../plot/labels.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

struct PlotOptions {
  std::vector<std::string> runs, labels;
  std::string y = "loss", out;
};

// The configurations of the runs; empty if one of them cannot be read.
std::vector<RunConfig> configs_of(const std::vector<std::string>& runs) try {
  std::vector<RunConfig> configs;
  for (const std::string& run : runs) configs.push_back(load_config(run + "/config.json"));
  return configs;
} catch (const Error&) {
  return {};
}

// A folder of runs stands for all runs in it. Files among several names are left out: a shell writes them for
// `sweep/*`.
std::vector<std::string> runs_of(const std::vector<std::string>& names) {
  std::vector<std::string> runs;
  for (const std::string& name : names) {
    std::error_code error;
    if (names.size() > 1 && fs::is_regular_file(name, error)) continue;
    std::vector<std::string> found;
    if (!fs::exists(name + "/metrics.csv", error))
      for (const FoundRun& run : find_runs(name)) found.push_back(run.folder);
    if (found.empty()) found = {name};
    std::sort(found.begin(), found.end());
    runs.insert(runs.end(), found.begin(), found.end());
  }
  return runs;
}

NeededRun need() {
  return run_holding("plot", "metrics.csv", "train " + tasks().front().name);
}

std::vector<RunMetrics> load_metrics(const PlotOptions& options, Measure measure) {
  std::vector<RunMetrics> all;
  for (const std::string& run : options.runs) {
    std::error_code error;
    if (!fs::exists(run + "/metrics.csv", error)) refuse_run(need(), fmt::format("plot: {} holds no metrics.csv", run));
    all.push_back(read_metrics(run));
    check(has_values(all.back(), measure), "plot: {}/metrics.csv holds no {} yet", run, options.y);
    if (!has_times(all.back(), measure))
      fmt::print("{}/metrics.csv has no column seconds: nothing is drawn against time\n", run);
  }
  return all;
}

// The task of all runs; empty if they differ or are not known.
std::string common_task(const std::vector<RunConfig>& configs) {
  std::set<std::string> tasks;
  for (const RunConfig& config : configs) tasks.insert(config.task);
  if (tasks.size() > 1) fmt::print("runs of different tasks: their numbers cannot be compared\n");
  return tasks.size() == 1 ? *tasks.begin() : "";
}

int plot(PlotOptions options) {
  options.runs = runs_of(options.runs);
  if (options.runs.empty()) check_run(need(), "");
  const std::vector<std::string> measures = {"loss", "accuracy"};
  check(options.y == measures[0] || options.y == measures[1],
        "scangrad: --y is '{}', but one of {} is needed; the nearest is '{}'", options.y, joined(measures),
        nearest(options.y, measures));
  const Measure measure = options.y == "loss" ? Measure::kLoss : Measure::kAccuracy;
  check(options.labels.empty() || options.labels.size() == options.runs.size(),
        "scangrad: --labels gives {} names, but there are {} runs", options.labels.size(), options.runs.size());
  const fs::path out =
      picture_path(options.out.empty() ? fs::path(options.runs.front()).lexically_normal() / ".." / "compared"
                                       : fs::path(options.out));
  const std::string folder = out.has_parent_path() ? out.parent_path().string() : ".";

  const std::vector<RunConfig> configs = configs_of(options.runs);
  const std::string task = common_task(configs);
  const std::vector<RunMetrics> metrics = load_metrics(options, measure);
  const RunGroups named = !options.labels.empty() ? groups_by_label(options.labels)
                          : configs.empty()       ? groups_by_folder(options.runs)
                                                  : groups_of_runs(options.runs, configs);
  std::vector<Curve> curves;
  for (const RunGroup& group : named.groups) {
    curves.push_back({group.label, group.style, {}});
    for (const size_t run : group.runs) curves.back().runs.push_back(metrics[run]);
  }
  const std::string problem = plot_runs(curves, measure, task, folder, out.filename().string());
  check(problem.empty(), "plot: {}", problem);
  if (!named.unsaid.empty()) fmt::print("{}", wrapped("they also differ in " + joined(named.unsaid) + "\n", 80));
  fmt::print("{}.svg {}.png\n", out.string(), out.string());
  return 0;
}

}  // namespace

Run add_plot(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("plot", "draw the learning curves of several runs into one picture");
  const auto options = std::make_shared<PlotOptions>();
  command->add_option("runs", options->runs, "folders of runs")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--y", options->y, "what to draw (loss, accuracy)")->capture_default_str();
  command->add_option("--out", options->out,
                      "name of the pictures, NAME.svg and NAME.png (default: \"compared\" next to the first run)");
  command->add_option_function<std::string>(
      "--labels", [options](const std::string& text) { options->labels = CLI::detail::split(text, ','); },
      "names of the runs, A,B,... (default: in what they differ); runs with the same name are drawn as their mean and "
      "their range");
  const Run gates = add_plot_gates(*command);
  set_example(*command, "plot runs/mingru runs/minlstm");
  return [options, command, gates] { return command->got_subcommand("gates") ? gates() : plot(*options); };
}

}  // namespace scangrad_tools
