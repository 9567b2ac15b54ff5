// The results of the benchmarks of kernels, layers and steps: for each case its time, the floor (the least time that
// the measured limits of this machine allow), and the time of PyTorch for the same work. The memory limit is measured
// with plain stores; stores that bypass the caches may be faster.
//
//   Results results({.name = "scan", .item = "element"}, options);
//   results.add({.name = "mingru 8 x 4096 x 256", .seconds = ..., .items = ..., .arithmetic = ..., .memory = ...});
//   results.draw();
//
// Each line is printed as soon as it is measured. With a folder, the lines are also written to NAME.csv there, and
// draw() draws a roofline of all cases (tools/plot/roofline.h).
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bench.h"

namespace scangrad_tools {

struct ResultOptions {
  std::string out;   // folder of table and picture; empty: none
  std::string peer;  // a Python with PyTorch; empty: none
};

struct Result {
  std::string name;
  double seconds = 0;     // median
  double items = 0;       // tokens or elements in this time
  double arithmetic = 0;  // least seconds for the arithmetic
  double memory = 0;      // least seconds for reading and writing memory
  bool overlap = false;   // whether both can happen at the same time: then the floor is the larger, otherwise the sum
  std::string peer;       // arguments for tools/bench/torch_peer.py; empty: not compared

  double floor() const { return overlap ? std::max(arithmetic, memory) : arithmetic + memory; }
};

class Results {
 public:
  struct Kind {
    std::string name, item;
    bool nanoseconds = false;  // whether ns per item are printed, otherwise items per second
  };
  // Prints the header. Errors: the folder or the table cannot be written; PyTorch cannot be imported.
  Results(Kind kind, const ResultOptions& options);
  // Prints a line. Errors: PyTorch fails.
  void add(const Result& result);
  void draw() const;

 private:
  Kind kind_;
  ResultOptions options_;
  Csv csv_;
  std::vector<Result> results_;
};

}  // namespace scangrad_tools
