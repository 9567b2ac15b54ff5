#include "../../../models/training/progress.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "../../testing.h"

using namespace scangrad;

namespace {

// What a training shows on a terminal of these widths, one after the other, with one step at each.
std::string shown_on_terminal(const std::vector<unsigned short>& widths) {
  int ours = -1, theirs = -1;
  REQUIRE(openpty(&ours, &theirs, nullptr, nullptr, nullptr) == 0);
  std::FILE* const out = fdopen(theirs, "w");
  {
    Progress progress(out, 0, 5000);
    for (size_t i = 0; i < widths.size(); ++i) {
      const winsize size{24, widths[i], 0, 0};
      REQUIRE(ioctl(ours, TIOCSWINSZ, &size) == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(110));  // a line is shown at most ten times a second
      progress.step(int64_t(i) + 1200, 0.0213, 0.9931, 0.0832, 231'000);
    }
  }
  std::fclose(out);
  std::string shown;
  char part[256];
  for (ssize_t size = 0; (size = read(ours, part, sizeof part)) > 0;) shown.append(part, static_cast<size_t>(size));
  close(ours);
  return shown;
}

std::string first_line(unsigned short width) {
  const std::string shown = shown_on_terminal({width});
  return shown.substr(0, shown.find_first_of("\r\033"));
}

}  // namespace

TEST_CASE("progress: times and counts are printed in readable form") {
  CHECK(clock_time(0) == "0:00");
  CHECK(clock_time(125.4) == "2:05");
  CHECK(clock_time(3725) == "1:02:05");
  for (const double seconds : {3.6e9, 1e300, HUGE_VAL, double(NAN)}) CHECK(clock_time(seconds) == "999999:59:59");
  CHECK(clock_time(-5) == "0:00");
  CHECK(about_time(29) == "less than a minute");
  CHECK(about_time(61) == "about 1 minute");
  CHECK(about_time(215) == "about 4 minutes");
  CHECK(about_time(119 * 60) == "about 119 minutes");
  CHECK(about_time(2.6 * 3600) == "about 3 hours");
  CHECK(about_time(47 * 3600) == "about 47 hours");
  CHECK(about_time(50 * 3600) == "about 2 days");
  for (const double seconds : {3.6e9, HUGE_VAL, double(NAN)}) CHECK(about_time(seconds) == "years");
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

TEST_CASE("progress: after a second it says once how long a long run takes") {
  const auto said = [](int64_t steps) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
    {
      Progress progress(file.get(), 0, steps);
      for (const int64_t step : {1, 2, 3, 4}) {
        progress.step(step, 0.5, {}, 1, 2e4);
        if (step == 2) std::this_thread::sleep_for(std::chrono::milliseconds(1010));
      }
    }
    std::rewind(file.get());
    std::string all;
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) all += static_cast<char>(c);
    return all;
  };
  const std::string all = said(4'000'000);
  CHECK((all.find("about ") == 0 && all.find(" days\n") != std::string::npos));
  CHECK(std::count(all.begin(), all.end(), '\n') == 1);
  CHECK(said(5).find("about") == std::string::npos);
}

TEST_CASE("progress: a line keeps its most important parts if the terminal is narrow") {
  const std::vector<LinePart> parts{{"first", 0}, {"second", 2}, {"third", 1}};
  CHECK(fitting_line(parts, 20) == "first  second  third");
  CHECK(fitting_line(parts, 19) == "first  third");
  CHECK(fitting_line(parts, 11) == "first");
  CHECK(fitting_line(parts, 3) == "fir");
}

TEST_CASE("progress: on a terminal the line is shorter than its width") {
  const std::string whole = "step 1200/5000  loss 0.0213  accuracy 99.31 %  norm 0.0832  231k tokens/s  ";
  CHECK(first_line(120).starts_with(whole));
  CHECK(first_line(80).starts_with("step 1200/5000  loss 0.0213  accuracy 99.31 %  231k tokens/s  "));
  CHECK(first_line(60).starts_with("step 1200/5000  loss 0.0213  accuracy 99.31 %  0:0"));
  CHECK(first_line(20) == "step 1200/5000");
  CHECK(first_line(0).size() < 80);  // a terminal that does not know its size
  for (const unsigned short width : {10, 20, 40, 60, 80, 120}) CHECK(first_line(width).size() < width);
}

TEST_CASE("progress: a line is cleared where it begins, even if the terminal has become narrower") {
  CHECK(shown_on_terminal({120, 120}).find("\033[1A") == std::string::npos);
  CHECK(shown_on_terminal({120, 60}).find("\033[1A\r\033[J") != std::string::npos);
  CHECK(shown_on_terminal({120, 30}).find("\033[2A\r\033[J") != std::string::npos);
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
