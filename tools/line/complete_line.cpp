#include "complete_line.h"

#include "../../models/runs/run_config.h"
#include "needed_run.h"

namespace scangrad_tools {
namespace {

// The first word from `at` on that is not --threads or its value: that option may stand anywhere.
size_t after_threads(const std::vector<std::string>& words, size_t at) {
  while (at < words.size() && words[at].rfind("--threads", 0) == 0) at += words[at] == "--threads" ? 2 : 1;
  return at;
}

// The value of --resume among the words from `at` on. `found` tells whether the option is there.
std::string resumed_folder(const std::vector<std::string>& words, size_t at, bool& found) {
  const std::string option = "--resume";
  for (; at < words.size(); ++at) {
    found = words[at] == option || words[at].rfind(option + "=", 0) == 0;
    if (words[at] == option) return at + 1 < words.size() ? words[at + 1] : "";
    if (found) return words[at].substr(option.size() + 1);
  }
  return "";
}

}  // namespace

std::vector<std::string> complete_line(std::vector<std::string> words) {
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
    return words;
  }
  const size_t train = after_threads(words, 0);
  if (train >= words.size() || words[train] != "train") return words;
  const size_t task = after_threads(words, train + 1);
  if (task >= words.size() || words[task].rfind('-', 0) != 0) return words;  // a task was typed
  bool is_resumed = false;
  const std::string folder = resumed_folder(words, task, is_resumed);
  if (!is_resumed) return words;
  check_run(run_to_resume(), folder);
  const std::string task_of_run = scangrad::load_config(folder + "/config.json").task;
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(train) + 1, task_of_run);
  return words;
}

}  // namespace scangrad_tools
