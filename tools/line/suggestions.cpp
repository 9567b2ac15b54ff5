#include "suggestions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "../../core/files/text.h"
#include "../../models/tasks/table.h"
#include "../commands/commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr size_t kMost = 2;  // of the task; the third line says how to train longer

// With the run in place of the word RUN.
std::string filled_in(std::string words, const std::string& folder) {
  const size_t at = words.find("RUN");
  if (at != std::string::npos) words.replace(at, 3, shell_word(folder));
  return fmt::format("{} {}", program_name(), words);
}

std::vector<std::string> next_of(const RunConfig& config) {
  const TaskRow& row = task_row(config.task);
  return row.next ? row.next(config) : std::vector<std::string>();
}

}  // namespace

std::string suggested(const std::string& command, const RunConfig& config, const std::string& folder) {
  for (const std::string& words : next_of(config))
    if (words.rfind(command + " RUN", 0) == 0) return filled_in(words, folder);
  return filled_in(command + " RUN", folder);
}

std::string next_steps(const RunConfig& config, const std::string& folder) {
  std::vector<std::string> lines = next_of(config);
  lines.resize(std::min(lines.size(), kMost));
  lines.push_back(fmt::format("train --resume RUN --steps {}{}", 2 * config.train.steps,
                              config.train.stop_at > 0 ? " --stop-at 0" : ""));
  std::string text;
  for (const std::string& words : lines)
    text += fmt::format("{} {}\n", text.empty() ? "next:" : "     ", filled_in(words, folder));
  return text;
}

}  // namespace scangrad_tools
