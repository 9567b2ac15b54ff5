// scangrad-check-numerics: measures how far ops are from exact arithmetic, on ordinary and on extreme inputs, for
// `scangrad check numerics`.
//
//   scangrad check numerics
//   ...
//   everything holds
#include <fmt/format.h>

#include "../commands/program.h"
#include "numerics.h"

namespace {

using namespace scangrad_tools;

// An error, with a mark where it is beyond its bound.
std::string cell(double error, double bound) {
  return fmt::format("{:.1e}{}", error, error <= bound ? ' ' : '!');
}

bool print(const std::vector<NumericLine>& in_float, const std::vector<NumericLine>& in_double) {
  fmt::print(
      "Worst error of an element, relative to it (or, where terms of opposite sign cancel, to the sum of their "
      "sizes),\n"
      "against an oracle in long double: results, and gradients of all inputs. Results of log_g and log_scan, and\n"
      "gradients of sigmoid, tanh, positive_g, elman, gru and lstm, are relative to at least 1; closed gates end at\n"
      "exp(-80) in float.\n\n"
      "{:<37}{:<42}{:^20}{:^20}\n{:<37}{:<42}{:>9} {:>9} {:>9} {:>9}\n",
      "", "", "float", "double", "op", "inputs", "result", "gradient", "result", "gradient");
  bool all_hold = true;
  for (size_t i = 0; i < in_float.size(); ++i) {
    const NumericLine &f = in_float[i], &d = in_double[i];
    fmt::print("{:<37}{:<42}{:>10}{:>10}{:>10}{:>10}\n", f.op, f.inputs, cell(f.error.result, f.bound.result),
               cell(f.error.gradient, f.bound.gradient), cell(d.error.result, d.bound.result),
               cell(d.error.gradient, d.bound.gradient));
    all_hold = all_hold && f.holds() && d.holds();
  }
  fmt::print("\n{}\n", all_hold ? "everything holds" : "something does NOT hold: see the numbers marked with !");
  return all_hold;
}

}  // namespace

int main() {
  return run_program([] { return print(numerics_in_float(), numerics_in_double()) ? 0 : 1; });
}
