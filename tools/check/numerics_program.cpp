// scangrad-check-numerics: measures the rounding errors of the ops, on ordinary and on extreme inputs. The command
// `scangrad check numerics` runs it.
//
//   scangrad check numerics
//   ...
//   everything holds
#include <fmt/format.h>

#include "../commands/program.h"
#include "numerics.h"

namespace {

using namespace scangrad_tools;

// An error, marked with ! if it exceeds its bound.
std::string cell(double error, double bound) {
  return fmt::format("{:.1e}{}", error, error <= bound ? ' ' : '!');
}

bool print(const std::vector<NumericLine>& in_float, const std::vector<NumericLine>& in_double) {
  fmt::print(
      "The largest relative error of an element, of the results and of the gradients of all inputs, measured against\n"
      "an oracle in long double. If terms of opposite sign cancel, the error is relative to the sum of their sizes.\n"
      "Results of log_g and log_scan, and gradients of sigmoid, tanh, positive_g and the recurrent cells, are "
      "relative\n"
      "to at least 1. Closed gates are at least exp(-80) in float.\n\n"
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
  fmt::print("\n{}\n",
             all_hold ? "everything holds" : "some errors exceed their bounds: see the numbers marked with !");
  return all_hold;
}

}  // namespace

int main() {
  return run_program([] { return print(numerics_in_float(), numerics_in_double()) ? 0 : 1; });
}
