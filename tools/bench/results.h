// The results of the benchmarks of kernels, layers and steps: for each case its time, the floor (the least time that
// the measured limits of this machine allow), and the times of the peers for the same work (peer/peer.h). The memory
// limit is measured with plain stores; stores that bypass the caches may be faster.
//
//   Results results({.name = "scan", .item = "element"}, options);
//   results.measure({.name = "mingru 8 x 4096 x 256", .items = ..., .arithmetic = ..., .memory = ...}, [&] { ... });
//   results.draw();
//
// Each line is printed as soon as it is measured. With a folder, the lines are also written to NAME.csv there, those of
// peers to NAME-peers.csv, and draw() draws a roofline of all cases (tools/plot/roofline.h).
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../ops/precision.h"
#include "bench.h"
#include "peer/peer.h"

namespace scangrad_tools {

struct ResultOptions {
  std::string out;                                              // folder of table and picture; empty: none
  std::shared_ptr<Peers> peers;                                 // null: none
  scangrad::Precision precision = scangrad::Precision::kFloat;  // of this program's products, in layer and step
};

struct Result {
  std::string name;
  double items = 0;       // tokens or elements in this time
  double arithmetic = 0;  // least seconds for the arithmetic
  double memory = 0;      // least seconds for reading and writing memory
  bool overlap = false;   // whether both can happen at the same time: then the floor is the larger, otherwise the sum
  std::string peer = {};  // the same work in peer/peer.py; empty: not compared
  double seconds = 0;     // median

  double floor() const { return overlap ? std::max(arithmetic, memory) : arithmetic + memory; }
};

class Results {
 public:
  struct Kind {
    std::string name, item;
    bool nanoseconds = false;  // whether ns per item are printed, otherwise items per second
  };
  // Prints the header. Errors: the folder or the table cannot be written.
  Results(Kind kind, const ResultOptions& options);
  // Measures `run`, which does `parts` times the work, for at least so many seconds, and prints a line; with peers, in
  // turns with them. Returns the median seconds.
  double measure(Result result, const std::function<void()>& run, double parts = 1, double seconds = 1);
  void draw() const;

 private:
  void print(const Result& result) const;

  Kind kind_;
  ResultOptions options_;
  Csv csv_, forms_csv_;
  std::vector<Result> results_;
};

}  // namespace scangrad_tools
