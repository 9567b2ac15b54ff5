// scangrad plot RUN...: the learning curves of several runs in one picture, against steps and against wall-clock time.
//
//   scangrad plot runs/gru runs/lstm
//   ...
//   runs/compared.svg runs/compared.png
//
//   scangrad plot gates runs/gru --text "To be"      draws gates: gates.cpp
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/run_config.h"
#include "../plot/plot.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

struct PlotOptions {
  std::vector<std::string> runs, labels;
  std::string y = "loss", out;
};

// The configuration of a run; without task and mixer if it cannot be read.
RunConfig config_of(const std::string& run) {
  try {
    return load_config(run + "/config.json");
  } catch (const Error&) {
    RunConfig none;
    none.task = none.stack.mixer.name = "";
    return none;
  }
}

bool tell_apart(const std::vector<std::string>& labels) {
  const std::set<std::string> different(labels.begin(), labels.end());
  return different.size() == labels.size() && different.count("") == 0;
}

// Different names for the runs: their mixers; if some are equal, their folders; if some of these are equal, their
// paths.
std::vector<std::string> default_labels(const std::vector<std::string>& runs, const std::vector<RunConfig>& configs) {
  std::vector<std::string> mixers, folders;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::error_code error;
    mixers.push_back(configs[i].stack.mixer.name);  // a run without one gets the name of its folder
    folders.push_back(fs::weakly_canonical(runs[i], error).filename().string());
  }
  return tell_apart(mixers) ? mixers : tell_apart(folders) ? folders : runs;
}

std::vector<Curve> load_curves(const PlotOptions& options, Measure measure) {
  std::vector<Curve> curves;
  for (const std::string& run : options.runs) {
    check(fs::exists(run + "/metrics.csv"), "plot: {} holds no metrics.csv", run);
    curves.push_back({"", read_metrics(run)});
    check(has_values(curves.back(), measure), "plot: {}/metrics.csv holds no {} yet", run, options.y);
    if (!has_times(curves.back(), measure))
      fmt::print("{}/metrics.csv has no column seconds: not drawn against time\n", run);
  }
  return curves;
}

int plot(const PlotOptions& options) {
  check(!options.runs.empty(), "scangrad: runs is required");
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

  std::vector<RunConfig> configs;
  std::set<std::string> tasks;
  for (const std::string& run : options.runs) {
    configs.push_back(config_of(run));
    tasks.insert(configs.back().task);
  }
  tasks.erase("");
  if (tasks.size() > 1) fmt::print("runs of different tasks: their numbers cannot be compared\n");
  std::vector<Curve> curves = load_curves(options, measure);
  const std::vector<std::string> labels =
      options.labels.empty() ? default_labels(options.runs, configs) : options.labels;
  for (size_t i = 0; i < curves.size(); ++i) curves[i].label = labels[i];
  const std::string problem =
      plot_runs(curves, measure, tasks.size() == 1 ? *tasks.begin() : "", folder, out.filename().string());
  check(problem.empty(), "plot: {}", problem);
  fmt::print("{}.svg {}.png\n", out.string(), out.string());
  return 0;
}

}  // namespace

Run add_plot(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("plot", "draw the learning curves of several runs into one picture");
  const auto options = std::make_shared<PlotOptions>();
  command->add_option("runs", options->runs, "folders of the runs")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--y", options->y, "what to draw (loss, accuracy)")->capture_default_str();
  command->add_option("--out", options->out,
                      "name of the pictures, NAME.svg and NAME.png (default: \"compared\" next to the first run)");
  command->add_option_function<std::string>(
      "--labels", [options](const std::string& text) { options->labels = CLI::detail::split(text, ','); },
      "names of the runs, A,B,... (default: their mixers or, if these are equal, their folders)");
  const Run gates = add_plot_gates(*command);
  return [options, command, gates] { return command->got_subcommand("gates") ? gates() : plot(*options); };
}

}  // namespace scangrad_tools
