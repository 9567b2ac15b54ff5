#include "../../../models/training/progress.h"

#include <cstdio>
#include <memory>

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("progress: times and counts are printed in readable form") {
  CHECK(clock_time(0) == "0:00");
  CHECK(clock_time(125.4) == "2:05");
  CHECK(clock_time(3725) == "1:02:05");
  for (const double seconds : {3.6e9, 1e300, HUGE_VAL, double(NAN)}) CHECK(clock_time(seconds) == "999999:59:59");
  CHECK(clock_time(-5) == "0:00");
  CHECK(short_count(950) == "950");
  CHECK(short_count(231'400) == "231k");
  CHECK(short_count(1'540'000) == "1.5M");
}

TEST_CASE("progress: a file gets twenty plain lines and the messages") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    Progress progress(file, 0, 100);
    for (int64_t step = 1; step <= 100; ++step) progress.step(step, 0.5, 0.25, 1, 2e4);
    progress.step(100, 0.5, {}, 1, 2e4);
    progress.say("done");
  }
  {
    Progress progress(file, 104, 105, "time steps");
    progress.step(105, 0.5, {}, 1, 3e4);
  }
  std::rewind(file);
  int lines = 0;
  char line[200];
  std::string last, first, all;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (lines++ == 0) first = line;
    all += line;
    last = line;
  }
  std::fclose(file);
  CHECK(lines == 23);
  CHECK(first == "step 5/100  loss 0.5000  accuracy 25.00 %  norm 1  20k tokens/s  0:00 left\n");
  CHECK(all.find("\nstep 100/100  loss 0.5000  norm 1  20k tokens/s  0:00 left\ndone\n") != std::string::npos);
  CHECK(last == "step 105/105  loss 0.5000  norm 1  30k time steps/s  0:00 left\n");
}

TEST_CASE("progress: a failed write is no error") {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/dev/full", "w"), std::fclose);
  std::FILE* const full = file.get();
  REQUIRE(full != nullptr);
  Progress progress(full, 0, 1000);
  for (int64_t step = 1; step <= 1000; ++step) progress.step(step, 0.5, 0.25, 1, 2e4);
  progress.say(std::string(100'000, 'x'));
  CHECK(std::ferror(full) != 0);
}
