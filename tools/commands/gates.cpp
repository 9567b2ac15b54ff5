// scangrad gates RUN: shows the gates of a trained network while it reads an input, and how long its states remember.
//
//   scangrad gates runs/text --text "To be, or not to be" --out gates
//   layer    kept   least largest | written  closed   open | horizon  reach     dh0
//   0       0.712   0.003   0.998 |   0.288   41.2%   9.1% |     2.9   4.7%   0.013
//   ...
//   gates/layer0_keep.npy ...
//
// "kept" is the factor of the previous state, "written" the factor of the candidate (core/observe/gate_watch.h). A gate
// below 0.1 is closed, one above 0.9 open. The horizon of the last step is how many steps back a state must lie so that
// less than --level of it is left. "reach" is the share of channels whose horizon includes the first step. dh0 is the
// norm of the gradient with respect to the initial state.
//
// With --out it also saves, for each layer N, the arrays layerN_keep, _write, _horizon and _left (T, E) and
// _h0_gradient (E) as .npy files, and the statistics of each step as steps.csv.
//
//   scangrad plot gates RUN --text "..." --out gates.png     draws the gates as colours above the text
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/text.h"
#include "../../models/analysis/gate_statistics.h"
#include "../../models/data/npy_file.h"
#include "../line/help_text.h"
#include "../plot/gnuplot.h"
#include "../plot/heat_map.h"
#include "commands.h"
#include "gate_probe.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

struct GateOptions {
  ProbeOptions probe;
  std::string out;
  double level = std::exp(-1);
};

struct PlotGateOptions {
  ProbeOptions probe;
  std::string out, show = "keep";
  int64_t layer = -1;
};

// The words of the table.
constexpr const char* kLegend = R"(
The new state is keep * old state + write * candidate. Each line is about all
steps and channels of a layer.

  kept      mean of keep; then its least and its largest value
  written   mean of write
  closed    share of write below 0.1
  open      share of write above 0.9
  horizon   at the last step: after how many steps less than {:.3g} of a state is
            left; the median channel
  reach     share of channels whose horizon includes the first step
  dh0       norm of the gradient with respect to the state before the first step
)";

// The values of the last step, sorted.
std::vector<double> last_step(const Tensor& x) {
  const int64_t E = x.size(2);
  std::vector<double> values(x.data() + x.numel() - E, x.data() + x.numel());
  std::sort(values.begin(), values.end());
  return values;
}

double norm_of(const Tensor& x) {
  double squares = 0;
  for (const real value : x.values()) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

void say_layer(size_t number, const GateProbe::Layer& layer, const Tensor& horizon) {
  const GateStatistics keep = gate_statistics(layer.keep), write = gate_statistics(layer.write);
  const std::vector<double> horizons = last_step(horizon);
  const auto steps = static_cast<double>(horizon.size(1));
  const auto reach = static_cast<double>(std::count(horizons.begin(), horizons.end(), steps));
  fmt::print("{:<6}{:>7.3f}{:>8.3f}{:>8.3f} |{:>8.3f}{:>7.1f}%{:>6.1f}% |{:>8.1f}{:>6.1f}%{:>8.2g}\n", number,
             keep.mean, keep.least, keep.largest, write.mean, 100 * write.closed, 100 * write.open,
             horizons[horizons.size() / 2], 100 * reach / static_cast<double>(horizons.size()),
             norm_of(layer.start_gradient));
}

// A text as a cell of a CSV file.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string steps_csv(const GateProbe& probe, const std::vector<Tensor>& horizons) {
  std::string text =
      "layer,step,token,keep_mean,keep_min,keep_max,write_mean,write_min,write_max,write_closed,write_open,"
      "horizon_mean\n";
  for (size_t number = 0; number < probe.layers.size(); ++number) {
    const GateProbe::Layer& layer = probe.layers[number];
    const std::vector<GateStatistics> keep = gate_statistics_of_steps(layer.keep),
                                      write = gate_statistics_of_steps(layer.write),
                                      horizon = gate_statistics_of_steps(horizons[number]);
    for (size_t t = 0; t < keep.size(); ++t)
      text += fmt::format("{},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}\n", number, t,
                          quoted(probe.labels[t]), keep[t].mean, keep[t].least, keep[t].largest, write[t].mean,
                          write[t].least, write[t].largest, write[t].closed, write[t].open, horizon[t].mean);
  }
  return text;
}

void export_gates(const GateProbe& probe, const std::vector<Tensor>& horizons, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check(fs::is_directory(folder), "gates: --out is '{}', but a folder is needed", folder.string());
  for (size_t number = 0; number < probe.layers.size(); ++number) {
    const GateProbe::Layer& layer = probe.layers[number];
    const auto save = [&](const char* name, const Tensor& x, const Shape& shape) {
      save_npy((folder / fmt::format("layer{}_{}.npy", number, name)).string(), x.reshape(shape));
    };
    const int64_t T = layer.keep.size(1), E = layer.keep.size(2);
    save("keep", layer.keep, {T, E});
    save("write", layer.write, {T, E});
    save("horizon", horizons[number], {T, E});
    save("left", left_of_start(layer.keep), {T, E});
    save("h0_gradient", layer.start_gradient, {E});
  }
  AtomicFile file((folder / "steps.csv").string());
  file.write(steps_csv(probe, horizons));
  file.commit();
  fmt::print("{}: layerN_{{keep,write,horizon,left,h0_gradient}}.npy, steps.csv\n", folder.string());
}

int gates(const GateOptions& options) {
  check(options.level > 0 && options.level < 1, "gates: level is {}, but more than 0 and less than 1 is needed",
        options.level);
  const GateProbe probe = probe_gates(options.probe);
  std::vector<Tensor> horizons;
  for (const GateProbe::Layer& layer : probe.layers) horizons.push_back(memory_horizon(layer.keep, options.level));
  fmt::print("{} reading {}, {} steps\n", probe.mixer, probe.what, probe.labels.size());
  fmt::print("{:<6}{:>7}{:>8}{:>8} |{:>8}{:>8}{:>7} |{:>8}{:>7}{:>8}\n", "layer", "kept", "least", "largest", "written",
             "closed", "open", "horizon", "reach", "dh0");
  for (size_t number = 0; number < probe.layers.size(); ++number)
    say_layer(number, probe.layers[number], horizons[number]);
  fmt::print(kLegend, options.level);
  if (!options.out.empty()) export_gates(probe, horizons, options.out);
  return 0;
}

// One row for each channel; similar channels are neighbours.
std::vector<std::vector<double>> channels_of(const Tensor& x) {
  const int64_t T = x.size(1), E = x.size(2);
  std::vector<std::vector<double>> rows;
  for (const int64_t e : channels_by_likeness(x)) {
    rows.emplace_back();
    for (int64_t t = 0; t < T; ++t) rows.back().push_back(static_cast<double>(x.data()[t * E + e]));
  }
  return rows;
}

struct Shown {
  const char *name, *title, *unit;
  Tensor (*of)(const GateProbe::Layer& layer);
};
const std::vector<Shown> kShown = {
    {"keep", "What {} keeps of its state", "share that is kept",
     [](const GateProbe::Layer& layer) { return layer.keep; }},
    {"write", "What {} writes into its state", "share that is written",
     [](const GateProbe::Layer& layer) { return layer.write; }},
    {"horizon", "How long {} remembers", "steps until 1/e is left",
     [](const GateProbe::Layer& layer) { return memory_horizon(layer.keep); }},
};

// Means over many channels differ little. So the colours cover only the range of the values, rounded to tenths.
void span(HeatMap& map) {
  map.least = 1;
  map.largest = 0;
  for (const std::vector<double>& row : map.rows) {
    for (const double value : row) {
      map.least = std::min(map.least, std::floor(10 * value) / 10);
      map.largest = std::max(map.largest, std::ceil(10 * value) / 10);
    }
  }
}

HeatMap heat_map_of(const GateProbe& probe, const Shown& shown, int64_t layer) {
  HeatMap map;
  map.steps = probe.labels;
  map.unit = shown.unit;
  map.title = fmt::format(fmt::runtime(shown.title), probe.mixer) + ", reading " + probe.what;
  if (layer >= 0) {
    map.rows = channels_of(shown.of(probe.layers[static_cast<size_t>(layer)]));
    map.y = fmt::format("{} channels of layer {}", map.rows.size(), layer);
  } else {
    map.title += ": means over channels";
    for (size_t number = 0; number < probe.layers.size(); ++number) {
      map.names.push_back(fmt::format("layer {}", number));
      map.rows.emplace_back();
      for (const GateStatistics& step : gate_statistics_of_steps(shown.of(probe.layers[number])))
        map.rows.back().push_back(step.mean);
    }
    span(map);
  }
  if (shown.name == std::string("horizon")) {
    map.logarithmic = true;
    map.least = 1;
    map.largest = std::max(2.0, static_cast<double>(probe.labels.size()));
    for (std::vector<double>& row : map.rows)
      for (double& value : row) value = std::max(value, 1.0);  // the logarithmic scale begins at 1
  }
  return map;
}

int plot_gates(const PlotGateOptions& options) {
  std::vector<std::string> names;
  for (const Shown& each : kShown) names.push_back(each.name);
  const auto shown =
      std::find_if(kShown.begin(), kShown.end(), [&](const Shown& each) { return each.name == options.show; });
  check(shown != kShown.end(), "scangrad: --show is '{}', but one of {} is needed; the nearest is '{}'", options.show,
        joined(names), nearest(options.show, names));
  const fs::path out =
      picture_path(options.out.empty() ? fs::path(options.probe.run) / "gates" : fs::path(options.out));
  const GateProbe probe = probe_gates(options.probe);
  check(probe.labels.size() <= kMostSteps, "plot: the input has {} steps, but a picture shows at most {}",
        probe.labels.size(), kMostSteps);
  check(options.layer < std::ssize(probe.layers) && options.layer >= -1, "plot: layer is {}, but 0 to {} is needed",
        options.layer, probe.layers.size() - 1);
  const std::string folder = out.has_parent_path() ? out.parent_path().string() : ".";
  const std::string problem = plot_heat_map(heat_map_of(probe, *shown, options.layer), folder, out.filename().string());
  check(problem.empty(), "plot: {}", problem);
  fmt::print("{}.svg {}.png\n", out.string(), out.string());
  return 0;
}

}  // namespace

Run add_gates(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("gates", "show the gates of a trained network while it reads an input");
  const auto options = std::make_shared<GateOptions>();
  options->probe.command = "gates";
  set_example(*command, "gates runs/copy-quick-mingru-seed42");
  add_probe_options(*command, options->probe);
  command->add_option("--out", options->out, "folder for gates, horizons and gradients as .npy and CSV files");
  command->add_option("--level", options->level, "share of a state that is left at its horizon (default: 1/e)");
  return [options] { return gates(*options); };
}

Run add_plot_gates(CLI::App& plot) {
  CLI::App* const command = plot.add_subcommand("gates", "draw the gates of a trained network above its input");
  const auto options = std::make_shared<PlotGateOptions>();
  options->probe.command = "plot gates";
  set_example(*command, "plot gates runs/text-tiny-mingru-seed42 --text 'To be'");
  add_probe_options(*command, options->probe);
  command->add_option("--show", options->show, "what the colours show (keep, write, horizon)")->capture_default_str();
  command->add_option("--layer", options->layer, "draw every channel of this layer (default: the mean of each layer)");
  command->add_option("--out", options->out,
                      "name of the pictures, NAME.svg and NAME.png (default: \"gates\" in the run's folder)");
  return [options] { return plot_gates(*options); };
}

}  // namespace scangrad_tools
