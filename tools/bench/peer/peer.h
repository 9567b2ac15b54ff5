// Peers: other frameworks that do the same work, each in a process of its own that runs tools/bench/peer/peer.py.
//
//   Peers peers({"torch", "/usr/bin/python3"}, /*yes=*/false);
//   print_forms(peers.compare("layer mingru 8 4096 256", [&] { step(); }, 1));
//
// A peer that cannot be installed, or that fails later, is left out after one line on stderr: the benchmark continues.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "process.h"

namespace scangrad_tools {

struct Form {
  std::string name, precision;  // "log+compiled", "float"
  double seconds = 0;           // of one run; the median if there are several
  double first = 0;             // seconds of the first run, which compiles
  double difference = 0;        // of its results from those of the plainest form, relative
  std::string problem;          // why it cannot run, or why its results do not count
  size_t runs = 1;

  bool is_compiled() const { return name.find("+compiled") != std::string::npos; }
};

class Peer {
 public:
  // Errors: the program of the peer cannot be started, or does not introduce itself.
  Peer(const std::string& python, const std::string& framework);

  const std::string& title() const { return title_; }  // "PyTorch 2.15.0"
  const std::vector<std::string>& notes() const { return notes_; }
  // Errors (also of `run`): the program has ended.
  std::vector<Form> prepare(const std::string& work);
  double run(const Form& form);
  bool has_ended() const { return has_ended_; }

 private:
  std::string next();

  std::string title_;
  bool has_ended_ = false;
  std::vector<std::string> notes_;
  std::unique_ptr<Process> process_;
};

// Our time for a work, and that of every form of every peer.
struct Comparison {
  struct Theirs {
    Peer* peer;
    std::string title;
    std::vector<Form> forms;

    // The fastest form; null if none can run.
    const Form* best(const std::string& precision) const;
  };
  std::string work;
  double ours = 0;  // median seconds of one run
  std::vector<Theirs> peers;
};

class Peers {
 public:
  // Names are torch, jax, or the path of a Python that has one of them; torch and jax are installed if `yes`, or if the
  // user agrees. Prints what they are. Errors: a path is not a Python with such a framework.
  Peers(const std::vector<std::string>& names, bool yes);

  // Every form of a work runs twice. Then our own `run` and all forms take turns, apart from those that are more
  // than 1.5 times as slow as the best one. Our `run` does `parts` times the work.
  const Comparison& compare(const std::string& work, const std::function<void()>& run, double parts);
  std::vector<std::string> titles() const;
  void print_notes() const;
  const std::deque<Comparison>& comparisons() const { return comparisons_; }

 private:
  std::vector<Peer> peers_;
  std::deque<Comparison> comparisons_;
};

}  // namespace scangrad_tools
