// Prints what a benchmark with peers has measured, and writes it to a table.
#pragma once

#include <string>

#include "../bench.h"
#include "peer.h"

namespace scangrad_tools {

// The columns of write_forms.
extern const char* const kFormColumns;

// For each peer one line for each form, and its best form in float and in bf16.
void print_forms(const Comparison& comparison);
void write_forms(const Csv& csv, const Comparison& comparison);

}  // namespace scangrad_tools
