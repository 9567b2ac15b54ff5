// What the benchmarks of kernels, layers and steps report: each case's time, what this machine's measured limits allow
// (memory: the rate of a triad with plain stores, which stores past the caches may beat), and what PyTorch takes for
// the same work.
//
//   Results results({.name = "scan", .item = "element"}, options);
//   results.add({.name = "mingru 8 x 4096 x 256", .seconds = ..., .items = ..., .arithmetic = ..., .memory = ...});
//   results.draw();
//
// A line is printed as soon as it is known. With a folder, the lines are NAME.csv there, and the picture is the
// roofline of all cases: to the right the arithmetic time over the memory time, upwards the arithmetic time over the
// time measured. The roof is what both limits allow.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bench.h"

namespace scangrad_tools {

struct ResultOptions {
  std::string out;   // folder of table and picture; none where empty
  std::string peer;  // a Python with PyTorch; none is run where empty
};

struct Result {
  std::string name;
  double seconds = 0;     // median
  double items = 0;       // that these seconds are for
  double arithmetic = 0;  // least seconds for products or gates,
  double memory = 0;      // and for bytes
  bool overlap = false;   // whether the two can go on at once: the floor is the larger, else the sum
  std::string peer;       // words for tools/bench/torch_peer.py; none where empty

  double floor() const { return overlap ? std::max(arithmetic, memory) : arithmetic + memory; }
};

class Results {
 public:
  struct Kind {
    std::string name, item;
    bool nanoseconds = false;  // for an item are printed, else items/s
  };
  // Prints the heading. Errors: the folder or the table cannot be written; the peer cannot run.
  Results(Kind kind, const ResultOptions& options);
  // Errors: the peer fails.
  void add(const Result& result);
  void draw() const;

 private:
  Kind kind_;
  ResultOptions options_;
  Csv csv_;
  std::vector<Result> results_;
};

}  // namespace scangrad_tools
