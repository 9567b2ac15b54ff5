#include "labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "../../models/tasks/table.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

using Fields = std::vector<DifferentField>;

// Runs that differ only in these have the same numbers, up to chance.
const std::set<std::string> kIgnored = {"seed", "log_every", "save_every"};

std::string name_of_folder(const std::string& folder) {
  std::error_code error;
  return fs::weakly_canonical(folder, error).filename().string();
}

// The value of each field in a run.
std::vector<std::string> values_of(const Fields& fields, size_t run) {
  std::vector<std::string> values;
  for (const DifferentField& field : fields) values.push_back(field.values[run]);
  return values;
}

size_t kinds(const Fields& fields, size_t runs) {
  std::set<std::vector<std::string>> different;
  for (size_t run = 0; run < runs; ++run) different.insert(values_of(fields, run));
  return different.size();
}

// The network first, then the other fields in their order, then files.
void sort_by_importance(Fields& fields, const RunConfig& config) {
  const std::vector<std::string>& files = task_row(config.task).files;
  const auto rank = [&](const DifferentField& field) {
    if (field.name == "mixer") return 0;
    if (field.name == "layers") return 1;
    return std::find(files.begin(), files.end(), field.name) == files.end() ? 2 : 3;
  };
  std::stable_sort(fields.begin(), fields.end(),
                   [&](const DifferentField& a, const DifferentField& b) { return rank(a) < rank(b); });
}

// As few of the fields as tell the runs apart that all of them tell apart.
Fields needed(const Fields& all, size_t runs) {
  Fields chosen;
  for (const DifferentField& field : all) {
    Fields more = chosen;
    more.push_back(field);
    if (kinds(more, runs) > kinds(chosen, runs)) chosen = more;
  }
  for (size_t i = chosen.size(); i-- > 0;) {
    Fields fewer = chosen;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (kinds(fewer, runs) == kinds(chosen, runs)) chosen = fewer;
  }
  return chosen;
}

// A value as it stands in a label: of a path only the file.
std::string plain(const std::string& text) {
  if (text.ends_with(".0")) return text.substr(0, text.size() - 2);
  return text.find('/') == std::string::npos ? text : name_of_folder(text);
}

std::string label_of(const Fields& fields, size_t run, const RunConfig& config) {
  std::string label;
  for (const DifferentField& field : fields) {
    if (field.values[run].empty()) continue;
    std::string name = field.name == "mixer" || field.name == "task" ? "" : field.name + " ";
    std::replace(name.begin(), name.end(), '_', ' ');
    label += (label.empty() ? "" : ", ") + name + plain(field.values[run]);
  }
  return label.empty() ? config.stack.mixer.name : label;
}

bool has_different_seeds(const std::vector<size_t>& runs, const std::vector<RunConfig>& configs) {
  std::set<int64_t> seeds;
  for (const size_t run : runs) seeds.insert(configs[run].train.seed);
  return seeds.size() == runs.size();
}

// The hue stands for the value of the first field, the dash for those of the others.
LineStyle style_of(const Fields& fields, size_t run, std::vector<std::string>& hues,
                   std::vector<std::vector<std::string>>& dashes) {
  std::vector<std::string> values = values_of(fields, run);
  const auto index = [](auto& known, const auto& value) {
    const auto at = std::find(known.begin(), known.end(), value);
    if (at != known.end()) return static_cast<size_t>(at - known.begin());
    known.push_back(value);
    return known.size() - 1;
  };
  const std::string first = values.front();
  values.erase(values.begin());
  return {.hue = index(hues, first), .dash = index(dashes, values)};
}

void choose_styles(std::vector<RunGroup>& groups, const Fields& fields) {
  for (size_t i = 0; i < groups.size(); ++i) groups[i].style = {.hue = i};
  if (fields.size() == 1 && fields[0].name == "mixer") {
    for (RunGroup& group : groups) group.style = style_of_mixer(plain(fields[0].values[group.runs[0]]));
  } else if (fields.size() > 1) {
    std::vector<std::string> hues;
    std::vector<std::vector<std::string>> dashes;
    std::vector<LineStyle> styles;
    for (const RunGroup& group : groups) styles.push_back(style_of(fields, group.runs[0], hues, dashes));
    if (dashes.size() > std::size(kDashes)) return;
    for (size_t i = 0; i < groups.size(); ++i) groups[i].style = styles[i];
  }
}

// Hues by number if two groups look the same.
void make_styles_differ(std::vector<RunGroup>& groups) {
  std::set<std::pair<size_t, size_t>> styles;
  for (const RunGroup& group : groups) styles.emplace(group.style.hue, group.style.dash);
  if (styles.size() == groups.size()) return;
  for (size_t i = 0; i < groups.size(); ++i) groups[i].style = {.hue = i};
}

}  // namespace

RunGroups groups_of_runs(const std::vector<std::string>& folders, const std::vector<RunConfig>& configs) {
  Fields all = different_fields(configs);
  std::erase_if(all, [](const DifferentField& field) { return kIgnored.count(field.name) > 0; });
  sort_by_importance(all, configs.front());
  const Fields fields = needed(all, folders.size());
  std::vector<std::vector<std::string>> known;
  RunGroups result;
  for (size_t run = 0; run < folders.size(); ++run) {
    const std::vector<std::string> values = values_of(all, run);
    const auto at = static_cast<size_t>(std::find(known.begin(), known.end(), values) - known.begin());
    if (at == known.size()) {
      known.push_back(values);
      result.groups.push_back({label_of(fields, run, configs[run]), {}, {}});
    }
    result.groups[at].runs.push_back(run);
  }
  choose_styles(result.groups, fields);
  // Runs that are equal even in their seeds are told apart by their folders.
  std::vector<RunGroup> groups;
  const RunGroups by_folder = groups_by_folder(folders);
  for (const RunGroup& group : result.groups) {
    if (has_different_seeds(group.runs, configs)) {
      groups.push_back(group);
      continue;
    }
    for (const size_t run : group.runs)
      groups.push_back({(fields.empty() ? "" : group.label + ", ") + by_folder.groups[run].label, group.style, {run}});
  }
  make_styles_differ(groups);
  result.groups = groups;
  for (const DifferentField& field : all)
    if (std::none_of(fields.begin(), fields.end(), [&](const DifferentField& each) { return each.name == field.name; }))
      result.unsaid.push_back(field.name);
  return result;
}

RunGroups groups_by_folder(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) names.push_back(name_of_folder(folder));
  const std::set<std::string> different(names.begin(), names.end());
  RunGroups result;
  for (size_t run = 0; run < folders.size(); ++run)
    result.groups.push_back({different.size() == folders.size() ? names[run] : folders[run], {.hue = run}, {run}});
  return result;
}

RunGroups groups_by_label(const std::vector<std::string>& labels) {
  RunGroups result;
  std::map<std::string, size_t> known;
  for (size_t run = 0; run < labels.size(); ++run) {
    const auto [at, is_new] = known.emplace(labels[run], result.groups.size());
    if (is_new) result.groups.push_back({labels[run], {.hue = result.groups.size()}, {}});
    result.groups[at->second].runs.push_back(run);
  }
  return result;
}

}  // namespace scangrad_tools
