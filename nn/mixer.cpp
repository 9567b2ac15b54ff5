#include "mixer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>
#include <utility>

#include "../core/check.h"
#include "../core/files/text.h"
#include "mixers/table.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The rows of the library, then those that a program registers. Rows never move or go away.
class Registry {
 public:
  Registry() {
    for (MixerRow& row : built_in_mixers()) rows_.push_back(std::move(row));
  }
  void add(MixerRow row) {
    const std::lock_guard lock(mutex_);
    for (const MixerRow& each : rows_)
      check(each.name != row.name, "mixer: {} is registered already; another name is needed", row.name);
    rows_.push_back(std::move(row));
  }
  std::vector<const MixerRow*> list() const {
    const std::lock_guard lock(mutex_);
    std::vector<const MixerRow*> all;
    for (const MixerRow& row : rows_) all.push_back(&row);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<MixerRow> rows_;
};

Registry& registry() {
  static Registry rows;
  return rows;
}

}  // namespace

void register_mixer(MixerRow row) {
  check(!row.name.empty() && row.make, "mixer: a row has {}, but a name and a maker are needed",
        row.name.empty() ? "no name" : "no maker");
  registry().add(std::move(row));
}

std::vector<std::string> mixer_names(const std::function<bool(const MixerRow&)>& wanted) {
  std::vector<std::string> names;
  for (const MixerRow* const row : registry().list())
    if (!wanted || wanted(*row)) names.push_back(row->name);
  return names;
}

const MixerRow& mixer_row(const std::string& name) {
  for (const MixerRow* const row : registry().list())
    if (row->name == name) return *row;
  fail("mixer: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(mixer_names()),
       nearest(name, mixer_names()));
}

std::string owners_of_option(const std::string& option) {
  const std::vector<std::string> owners =
      mixer_names([&](const MixerRow& row) { return find_option(row.options, option) != nullptr; });
  return owners.empty() ? std::string() : fmt::format("{} is an option of {}", option, joined(owners));
}

Options mixer_options(const MixerChoice& choice) {
  const MixerRow& row = mixer_row(choice.name);
  const std::string unit = "mixer " + row.name;
  for (const auto& [option, value] : choice.options) {
    if (find_option(row.options, option) != nullptr) continue;
    const std::string owners = owners_of_option(option);
    if (owners.empty()) continue;  // complete() names the nearest option
    const std::vector<std::string> names = names_of_options(row.options);
    fail("{}: {}; {}", unit, owners,
         names.empty() ? "here there are no options" : "the options here are " + joined(names));
  }
  return complete(unit, row.options, choice.options);
}

std::unique_ptr<Mixer> make_mixer(const std::string& name, const Params& params, const MixerConfig& config) {
  MixerConfig completed = config;
  completed.options = mixer_options({name, config.options});
  return mixer_row(name).make(params, completed);
}

int64_t inner_channels(const std::string& unit, const MixerConfig& config) {
  check(config.dim >= 1, "{}: dim is {}, but at least 1 is needed", unit, config.dim);
  return multiple_of_dim(unit + ": expansion", config.expansion, config.dim);
}

int64_t multiple_of_dim(const std::string& what, double factor, int64_t dim) {
  const double channels = factor * static_cast<double>(dim), whole = std::round(channels);
  constexpr double kMost = 1e9;
  check(whole >= 1 && std::abs(channels - whole) <= 1e-9 * whole && whole <= kMost,
        "{} is {} at dim {}, but {} * dim must be a whole number of channels, 1 to {}", what, factor, dim,
        what.substr(what.rfind(' ') + 1), static_cast<int64_t>(kMost));
  return static_cast<int64_t>(whole);
}

}  // namespace scangrad::SCANGRAD_PRECISION
