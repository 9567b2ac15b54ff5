#include "run_table.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/files/utf8.h"
#include "../training/progress.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr size_t kGap = 2, kLeastName = 8, kIndent = 4, kLongestValue = 24;

// One row of the table.
struct Row {
  const RunSummary* run;
  std::string name;
};

struct Column {
  std::string title;
  int dropped = 0;  // of two columns the one with the higher number is dropped first; 0 is never dropped
  std::vector<std::string> cells = {};
};

size_t width_of(const std::string& text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count)
    if (next_character(text, at) < 0) ++at;
  return count;
}

size_t width_of(const Column& column) {
  size_t most = width_of(column.title);
  for (const std::string& cell : column.cells) most = std::max(most, width_of(cell));
  return most;
}

size_t width_of(const std::vector<Column>& columns) {
  size_t sum = 0;
  for (const Column& column : columns) sum += kGap + width_of(column);
  return sum;
}

std::string fitted(const std::string& text, size_t columns) {
  if (width_of(text) <= columns) return text;
  return columns > 3 ? shortened(text, static_cast<int64_t>(columns - 3)) : std::string(columns, '.');
}

std::string spaces(size_t width, const std::string& text) {
  return std::string(width - std::min(width, width_of(text)), ' ');
}

// The words on as many lines as they need.
std::string wrapped_words(const std::vector<std::string>& words, size_t indent, size_t columns) {
  std::string text, line(indent, ' ');
  for (const std::string& word : words) {
    if (line.size() > indent && width_of(line) + 1 + width_of(word) > columns) {
      text += line + "\n";
      line.assign(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + fitted(word, columns > indent ? columns - indent : 1);
  }
  return text + line + "\n";
}

// Whether the name of a run says so already: "lr=0.001,layers=2" in the folder of a sweep.
bool names_field(std::string name, const std::string& word) {
  std::replace(name.begin(), name.end(), '/', ',');
  return ("," + name + ",").find("," + word + ",") != std::string::npos;
}

std::string or_dash(const std::optional<double>& value, const auto& text) {
  return value ? text(*value) : "-";
}

const char* state_text(RunState state) {
  if (state == RunState::kStopped) return "stopped";
  if (state == RunState::kTraining) return "training";
  return state == RunState::kWeights ? "weights only" : "";
}

std::vector<Column> number_columns(const std::vector<Row>& rows) {
  std::vector<Column> columns{{"steps", 2}, {"loss", 0}, {"accuracy", 3}, {"time", 4}, {"memory", 5}, {"state", 1}};
  bool has_accuracy = false, has_state = false;
  for (const Row& row : rows) {
    const RunSummary& run = *row.run;
    has_accuracy |= run.accuracy.has_value();
    has_state |= run.state != RunState::kDone;
    const std::vector<std::string> cells{
        run.state == RunState::kWeights ? "-" : fmt::format("{}/{}", run.steps, run.config.train.steps),
        or_dash(run.loss, [](double loss) { return fmt::format("{:#.4g}", loss); }),
        or_dash(run.accuracy, [](double accuracy) { return fmt::format("{:.2f} %", 100 * accuracy); }),
        or_dash(run.seconds, [](double seconds) { return clock_time(seconds); }),
        or_dash(run.peak_mb, [](double mb) { return fmt::format("{:.0f} MB", mb); }),
        state_text(run.state)};
    for (size_t i = 0; i < cells.size(); ++i) columns[i].cells.push_back(cells[i]);
  }
  std::erase_if(columns, [&](const Column& column) {
    return (column.title == "accuracy" && !has_accuracy) || (column.title == "state" && !has_state);
  });
  return columns;
}

std::vector<Column> field_columns(const std::vector<Row>& rows) {
  std::vector<RunConfig> configs;
  for (const Row& row : rows) configs.push_back(row.run->config);
  std::vector<Column> columns;
  for (const DifferentField& field : different_fields(configs)) {
    Column column{field.name};
    for (const std::string& value : field.values)
      column.cells.push_back(value.empty() ? "-" : shortened(value, kLongestValue));
    columns.push_back(column);
  }
  return columns;
}

std::string line_of(const std::string& name, size_t name_width, const std::vector<Column>& columns,
                    const std::function<std::string(const Column&)>& cell) {
  std::string line = fitted(name, name_width);
  line += spaces(name_width, line);
  for (const Column& column : columns) {
    const std::string text = cell(column);
    line += std::string(kGap, ' ') + spaces(width_of(column), text) + text;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

// The table of runs of one task that are not broken, in the order of the rows.
std::string table(const std::vector<Row>& rows, size_t columns) {
  Column names{"run"};
  for (const Row& row : rows) names.cells.push_back(row.name);
  std::vector<Column> shown = field_columns(rows), below, numbers = number_columns(rows);
  const size_t wanted = width_of(names);
  const size_t least = std::min(wanted, std::max(kLeastName, columns / 4));
  if (least + width_of(shown) + width_of(numbers) > columns) std::swap(shown, below);
  std::vector<std::string> missing;
  while (numbers.size() > 1 && least + width_of(numbers) > columns) {
    const auto last = std::max_element(numbers.begin(), numbers.end(),
                                       [](const Column& a, const Column& b) { return a.dropped < b.dropped; });
    missing.insert(missing.begin(), last->title);
    numbers.erase(last);
  }
  shown.insert(shown.end(), numbers.begin(), numbers.end());
  const size_t room = columns > width_of(shown) ? columns - width_of(shown) : 1, name_width = std::min(wanted, room);
  std::string text = line_of("run", name_width, shown, [](const Column& column) { return column.title; });
  for (size_t i = 0; i < rows.size(); ++i) {
    text += line_of(rows[i].name, name_width, shown, [i](const Column& column) { return column.cells[i]; });
    std::vector<std::string> words;
    for (const Column& column : below) {
      const std::string word = column.title + "=" + column.cells[i];
      if (column.cells[i] != "-" && !names_field(rows[i].name, word)) words.push_back(word);
    }
    if (!words.empty()) text += wrapped_words(words, std::min(kIndent, columns / 8), columns);
  }
  if (missing.empty()) return text;
  std::vector<std::string> words{"a", "wider", "terminal", "also", "shows:"};
  words.insert(words.end(), missing.begin(), missing.end());
  return text + wrapped_words(words, 0, columns);
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text)
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

}  // namespace

std::string run_tables(const std::vector<RunSummary>& runs, const std::vector<std::string>& names, size_t columns) {
  std::vector<std::string> tasks;
  for (const RunSummary& run : runs)
    if (run.state != RunState::kBroken && std::find(tasks.begin(), tasks.end(), run.config.task) == tasks.end())
      tasks.push_back(run.config.task);
  std::string text;
  for (const std::string& task : tasks) {
    std::vector<Row> rows;
    for (size_t i = 0; i < runs.size(); ++i)
      if (runs[i].state != RunState::kBroken && runs[i].config.task == task) rows.push_back({&runs[i], names[i]});
    const auto loss = [](const Row& row) { return row.run->loss.value_or(std::numeric_limits<double>::infinity()); };
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return loss(a) < loss(b); });
    text += text.empty() ? "" : "\n";
    text += wrapped_words(words_of(fmt::format("{}: {}{}", task, counted(static_cast<int64_t>(rows.size()), "run"),
                                               rows.size() > 1 ? ", lowest validation loss first" : "")),
                          0, columns);
    text += table(rows, columns);
  }
  for (size_t i = 0; i < runs.size(); ++i)
    if (runs[i].state == RunState::kBroken)
      text += wrapped_words(words_of(fmt::format("{} cannot be read: {}", names[i], runs[i].problem)), 0, columns);
  return text;
}

}  // namespace scangrad::SCANGRAD_PRECISION
