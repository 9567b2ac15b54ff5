// The texts of `scangrad explain`: the algorithm with numbers, in 80 columns, so that a reader can follow it by hand.
// Each prints to standard output and returns the exit status. Where a formula is worked out, the number that the
// library computes for it is printed next to it.
#pragma once

#include <cstdint>

namespace scangrad_tools {

// The recurrence step by step, as a tree, and its gradient. Errors: a length outside of 2 ... 16.
int explain_scan(int64_t length, uint64_t seed);
// One step of the cell, and its gradient.
int explain_mingru();
int explain_minlstm();
// Why the recurrence of a GRU cannot be scanned.
int explain_gru();
// What backpropagation through time is, and why minGRU does not need it.
int explain_bptt();

}  // namespace scangrad_tools
