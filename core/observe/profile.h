// Where the time goes: while a Profile lives, every op of this thread is timed, forward and backward.
//
//   Profile profile;
//   for (...) { loss = ...; loss.backward(); profile.lap("backward"); adam.step(); profile.lap("optimizer"); }
//   for (const Profile::Row& row : profile.rows()) ...
//
// The time from one event to the next goes to what the second one ends: an op's result is recorded, an op's backward
// returns, or lap() is called. So all the time is in the table, and ops need no line of their own. FLOPs are those of
// matrix products, two for each multiply-add. Bytes are those of the op's inputs, results and gradients, each counted
// once: the least it can move when nothing is left in a cache. An op made of recorded ops has theirs beside its own.
//
// FLOPs are counted by the process; products of other threads at the same time would be counted too.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Profile {
 public:
  struct Pass {
    double seconds = 0, flops = 0, bytes = 0;
    Pass& operator+=(const Pass& other);
  };
  struct Row {
    std::string name;
    int64_t calls = 0;  // forward calls
    Pass forward, backward;
    double seconds() const { return forward.seconds + backward.seconds; }
  };

  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  // Gives the time since the last event to a name of the caller's.
  void lap(const std::string& name) { record_forward(name, 0); }
  // The most expensive first.
  std::vector<Row> rows() const;
  Pass total() const;

  // For the graph: an op's forward or backward is done.
  void record_forward(const std::string& op, double bytes);
  void record_backward(const std::string& op, double bytes);

 private:
  using Clock = std::chrono::steady_clock;
  void end(Pass& pass, double bytes);
  Row& row(const std::string& name);

  Profile* before_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<Row> rows_;
  Clock::time_point last_ = Clock::now();
  double last_flops_ = 0;
};

// The newest living Profile of this thread, or null.
SCANGRAD_API Profile* profiling();

// FLOPs of all matrix products of this process so far.
SCANGRAD_API double counted_flops();
SCANGRAD_API void count_flops(int64_t flops);
// Matrix products one after the other so far.
SCANGRAD_API int64_t counted_products();
SCANGRAD_API void count_products(int64_t products);

// While it lives, the products of the process are pieces of one, none of which waits for another: they count as that
// one.
class SCANGRAD_API PiecesOfOneProduct {
 public:
  PiecesOfOneProduct();
  ~PiecesOfOneProduct();
  PiecesOfOneProduct(const PiecesOfOneProduct&) = delete;
  PiecesOfOneProduct& operator=(const PiecesOfOneProduct&) = delete;
};

}  // namespace scangrad::SCANGRAD_PRECISION
