#include "../../../models/runs/run_table.h"

#include <algorithm>
#include <sstream>

#include "../../../core/files/utf8.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

RunSummary run_of(double lr, double loss) {
  RunSummary run;
  run.state = RunState::kDone;
  run.config = preset("copy", "quick");
  run.config.train.steps = run.steps = 2000;
  run.config.train.lr = lr;
  run.loss = loss;
  run.accuracy = 0.9971;
  run.seconds = 45;
  run.peak_mb = 64;
  return run;
}

RunSummary broken_run() {
  RunSummary run;
  run.problem = "config: runs/c/config.json is not a JSON object";
  return run;
}

size_t widest(const std::string& text) {
  size_t most = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    size_t count = 0;
    for (size_t at = 0; at < line.size(); ++count) next_character(line, at);
    most = std::max(most, count);
  }
  return most;
}

}  // namespace

TEST_CASE("run_table: what differs and the best numbers, the lowest loss first") {
  RunSummary stopped = run_of(0.003, 1.38217);
  stopped.state = RunState::kStopped;
  stopped.steps = 30;
  stopped.config.stack.layers = 7;
  CHECK(run_tables({stopped, run_of(0.001, 0.01024)}, {"a", "b"}, 80) ==
        "copy: 2 runs, lowest validation loss first\n"
        "run  layers     lr      steps     loss  accuracy  time  memory    state\n"
        "b         2  0.001  2000/2000  0.01024   99.71 %  0:45   64 MB\n"
        "a         7  0.003    30/2000    1.382   99.71 %  0:45   64 MB  stopped\n");
}

TEST_CASE("run_table: what is not known is a dash, and equal runs differ in nothing") {
  RunSummary old = run_of(0.003, 1), untrained = old;
  old.loss = old.accuracy = old.seconds = old.peak_mb = {};
  untrained.state = RunState::kWeights;
  untrained.loss = untrained.accuracy = {};
  CHECK(run_tables({old}, {"old"}, 80) ==
        "copy: 1 run\n"
        "run      steps  loss  time  memory\n"
        "old  2000/2000     -     -       -\n");
  CHECK(run_tables({untrained, old}, {"theirs", "old"}, 80)
            .find("theirs          -     -  0:45   64 MB  weights only\n") != std::string::npos);
}

TEST_CASE("run_table: tasks have tables of their own, and a broken run has a line") {
  RunSummary text = run_of(0.1, 2);
  text.config = preset("text", "tiny");
  const std::string table = run_tables({run_of(0.1, 1), broken_run(), text}, {"a", "c", "b"}, 80);
  CHECK(table.find("copy: 1 run\n") == 0);
  CHECK(table.find("\n\ntext: 1 run\n") != std::string::npos);
  const std::string line = "\nc cannot be read: config: runs/c/config.json is not a JSON object\n";
  CHECK((table.size() > line.size() && table.substr(table.size() - line.size()) == line));
}

TEST_CASE("run_table: it fits any terminal of 20 columns or more") {
  RunSummary other = run_of(0.003, 0.5);
  other.config.stack.mixer = {"minlstm", {{"gates", "normalised"}}};
  other.config.options.set("length", 512);
  other.config.train.seed = 7;
  other.config.train.weight_decay = 0.25;
  other.state = RunState::kTraining;
  const std::vector<std::string> names{"copy-quick-mingru-seed42", "stra\u00dfe-\u00e4\u00f6\u00fc-minlstm-seed43",
                                       "c"};
  for (size_t columns = 2; columns < 120; ++columns) {
    const std::string table = run_tables({run_of(0.001, 0.25), other, broken_run()}, names, columns);
    CHECK(widest(table) <= std::max<size_t>(columns, 20));
    CHECK(table.find("0.25") < table.find("0.5"));
  }
  const std::string narrow = run_tables({run_of(0.001, 0.25), other}, {names[0], names[1]}, 20);
  CHECK(narrow.find("also shows: state") != std::string::npos);
  CHECK(narrow.find("a wider terminal") != std::string::npos);
  CHECK(narrow.find("mixer=minlstm") != std::string::npos);  // below the run
  const std::string swept = run_tables({run_of(0.001, 0.25), other}, {"lr=0.001,seed=42", "x/seed=7"}, 40);
  CHECK((swept.find("lr=0.003") != std::string::npos && swept.find(" seed=7") == std::string::npos));
  CHECK(run_tables({run_of(0.001, 0.25), other}, {"a", "b"}, 40).find("wider") != std::string::npos);
  CHECK(run_tables({run_of(0.001, 0.25), other}, {"a", "b"}, 120).find("wider") == std::string::npos);
}
