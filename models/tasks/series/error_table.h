// Tables of forecast errors as text: a line for each column, a column for each forecaster.
//
//                  mean squared error          mean absolute error
//                      network   last value        network   last value
//   temperature          24.86        6.763          3.753        2.117  worse
//
// "worse" marks the lines where the first forecaster has a larger squared error than another one.
#pragma once

#include <string>
#include <vector>

#include "../../data/scaling.h"

namespace scangrad::SCANGRAD_PRECISION {

// Its name and its errors.
struct Forecaster {
  std::string name;
  const ColumnErrors* errors;
};

// At most 16 columns are listed.
SCANGRAD_API std::string error_table(const std::vector<std::string>& columns,
                                     const std::vector<Forecaster>& forecasters);
// "0.09 times that of the last value": an error in relation to the error of another forecaster.
SCANGRAD_API std::string compared(double error, double other, const std::string& name);

}  // namespace scangrad::SCANGRAD_PRECISION
