// Measures where the time goes: while a Profile lives, every op of this thread is timed, forward and backward.
//
//   Profile profile;
//   for (...) { loss = ...; loss.backward(); profile.lap("backward"); adam.step(); profile.lap("optimizer"); }
//   for (const Profile::Row& row : profile.rows()) ...
//
// Three events are timed: an op's result is recorded, an op's backward returns, lap() is called. The time since the
// event before is given to the op or to the name of lap(). So the table contains all the time, and ops contain no line
// for it. FLOPs are those of matrix products, two for each multiply-add. Bytes are those of the op's inputs, results
// and gradients, each counted once: the least that has to move if no cache holds any of them. An op that calls recorded
// ops has a row of its own, next to theirs.
//
// FLOPs are counted for the whole process, so products of other threads at the same time are included. Of several
// living profiles of a thread the newest counts.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "observer.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Profile : public Observer {
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

  // Gives the time since the last event to this name.
  void lap(const std::string& name) { record_forward(name, 0); }
  // The most expensive first.
  std::vector<Row> rows() const;
  Pass total() const;

  // An op's forward or backward has ended.
  void record_forward(const std::string& op, double bytes);
  void record_backward(const std::string& op, double bytes);

  void forward_done(const char* op, uint64_t node, const Parts& inputs, const Parts& results) override;
  void backward_done(const char* op, uint64_t node, const Parts& gradients, int64_t numbers) override;

 private:
  using Clock = std::chrono::steady_clock;
  void end(Pass& pass, double bytes);
  Row& row(const std::string& name);

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
// Matrix products so far that had to wait for one another.
SCANGRAD_API int64_t counted_products();
SCANGRAD_API void count_products(int64_t products);

// While it lives, the matrix products of the process are pieces of one product, independent of each other: together
// they count as one.
class SCANGRAD_API PiecesOfOneProduct {
 public:
  PiecesOfOneProduct();
  ~PiecesOfOneProduct();
  PiecesOfOneProduct(const PiecesOfOneProduct&) = delete;
  PiecesOfOneProduct& operator=(const PiecesOfOneProduct&) = delete;
};

}  // namespace scangrad::SCANGRAD_PRECISION
