#include "peer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "../../../core/check.h"
#include "../../../core/files/text.h"
#include "../../../core/threads.h"
#include "../measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr int64_t kLongestProblem = 50;
constexpr double kRepeated = 1.5;  // times the seconds of the best form: a slower form runs no more
// Of the turns: at least so many rounds and so many seconds. Rounds that take very long are fewer.
constexpr size_t kRounds = 5, kLeastRounds = 3;
constexpr double kSeconds = 3, kMostSeconds = 60;

// The path of a script in tools/bench/peer of the source tree; this program is in its build folder.
std::string script(const std::string& name) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path path = program.parent_path().parent_path() / "tools" / "bench" / "peer" / name;
  check(std::filesystem::exists(path), "bench: --peer needs {}, which is not there", path.string());
  return path.string();
}

bool is_framework(const std::string& name) {
  return name == "torch" || name == "jax";
}

// The Python of a framework's environment; empty, after a line on stderr, if there is none.
std::string installed(const std::string& framework, bool yes) {
  std::fflush(stdout);
  const std::string command =
      fmt::format("python3 {} {}{}", shell_word(script("environment.py")), framework, yes ? " --yes" : "");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  check(pipe != nullptr, "bench: python3 cannot be started");
  std::string python;
  for (int c = 0; (c = std::fgetc(pipe.get())) != EOF;)
    if (c != '\n') python += static_cast<char>(c);
  return python;
}

// Calls f; if the peer ends meanwhile, prints one line to stderr, the first time.
template <class F>
bool attempt(Peer& peer, F f) {
  if (peer.has_ended()) return false;
  try {
    f();
  } catch (const Error& error) {
    fmt::print(stderr, "{}; the benchmark continues without it\n", error.what());
  }
  return !peer.has_ended();
}

// On a terminal: what is done while nothing is printed.
void show_progress(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K{}", shortened(text, 79));
  std::fflush(stderr);
}

}  // namespace

Peer::Peer(const std::string& python, const std::string& framework) : title_(python) {
  process_ = std::make_unique<Process>(std::vector<std::string>{"env", fmt::format("OMP_NUM_THREADS={}", threads()),
                                                                python, script("peer.py"), framework});
  for (std::string line; (line = next()) != "ready";) {
    if (line.rfind("title ", 0) == 0) title_ = printable(line.substr(6));
    if (line.rfind("note ", 0) == 0) notes_.push_back(printable(line.substr(5)));
  }
}

std::string Peer::next() {
  const std::optional<std::string> line = process_->receive();
  if (line) return *line;
  has_ended_ = true;
  const std::string problem = printable(process_->last_error());
  fail("bench: {} has ended{}", title_, problem.empty() ? "" : ": " + problem);
}

std::vector<Form> Peer::prepare(const std::string& work) {
  std::vector<Form> forms;
  process_->send("work " + work);
  for (std::string line; (line = next()) != "ready";) {
    std::istringstream words(line);
    Form form;
    std::string kind;
    words >> kind >> form.name >> form.precision;
    if (kind == "preparing") show_progress(fmt::format("{}: {} in {}", title_, form.name, form.precision));
    if (kind == "form") words >> form.seconds >> form.first >> form.difference;
    if (kind == "failed") std::getline(words >> std::ws, form.problem);
    form.problem = shortened(printable(form.problem), kLongestProblem);
    if (kind == "form" || kind == "failed") forms.push_back(form);
  }
  show_progress("");
  return forms;
}

double Peer::run(const Form& form) {
  process_->send(fmt::format("run {} {}", form.name, form.precision));
  double seconds = 0;
  for (std::string line; (line = next()) != "ready";)
    if (line.rfind("ran ", 0) == 0) seconds = std::strtod(line.c_str() + 4, nullptr);
  return seconds;
}

const Form* Comparison::Theirs::best(const std::string& precision) const {
  const Form* best = nullptr;
  for (const Form& form : forms)
    if (form.precision == precision && form.problem.empty() && (best == nullptr || form.seconds < best->seconds))
      best = &form;
  return best;
}

Peers::Peers(const std::vector<std::string>& names, bool yes) {
  for (const std::string& name : names) {
    const std::string python = is_framework(name) ? installed(name, yes) : name;
    if (python.empty()) continue;
    try {
      peers_.emplace_back(python, is_framework(name) ? name : "any");
    } catch (const Error& error) {
      check(is_framework(name), "{}; --peer needs torch, jax, or the path of a Python that has one of them",
            error.what());
      fmt::print(stderr, "{}\n", error.what());
      continue;
    }
  }
  print_notes();
}

std::vector<std::string> Peers::titles() const {
  std::vector<std::string> titles;
  for (const Peer& peer : peers_) titles.push_back(peer.title());
  return titles;
}

void Peers::print_notes() const {
  for (const Peer& peer : peers_)
    for (const std::string& note : peer.notes()) fmt::print("{}: {}\n", peer.title(), note);
}

const Comparison& Peers::compare(const std::string& work, const std::function<void()>& run, double parts) {
  struct Turn {
    Peer& peer;
    Form& form;
    std::vector<double> times;
  };
  Comparison& result = comparisons_.emplace_back();
  result.work = work;
  for (Peer& peer : peers_) attempt(peer, [&] { result.peers.push_back({&peer, peer.title(), peer.prepare(work)}); });
  std::vector<Turn> turns;
  for (Comparison::Theirs& theirs : result.peers)
    for (Form& form : theirs.forms)
      if (form.problem.empty() && form.seconds <= kRepeated * theirs.best(form.precision)->seconds)
        turns.push_back({*theirs.peer, form, {}});
  std::vector<double> ours;
  run();
  const Timer timer;
  const auto is_enough = [&timer](size_t rounds) {
    const double seconds = timer.seconds();
    return rounds >= kLeastRounds && (seconds > kMostSeconds || (rounds >= kRounds && seconds > kSeconds));
  };
  for (size_t round = 0; !is_enough(round); ++round) {
    show_progress(fmt::format("scangrad and {} forms in turns: round {}", turns.size(), round + 1));
    ours.push_back(turn_seconds(run) / parts);
    for (Turn& turn : turns)
      if (!attempt(turn.peer, [&] { turn.times.push_back(turn.peer.run(turn.form)); }))
        turn.form.problem = "the peer has ended";
  }
  show_progress("");
  for (Turn& turn : turns) {
    turn.form.runs = turn.times.size();
    if (turn.form.problem.empty()) turn.form.seconds = median(turn.times);
  }
  result.ours = median(ours);
  return result;
}

}  // namespace scangrad_tools
