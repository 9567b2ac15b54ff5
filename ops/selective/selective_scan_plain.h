// Mamba's scan in its plain form: the equations of selective_scan.h in straight loops over sequences, steps, channels
// and states. It is here to be read next to them, and as the oracle that the tests compare selective_scan with.
// Networks use selective_scan.
//
// It computes in double, on one thread, and keeps every state: B T E N numbers. Shapes, results and errors are those of
// selective_scan.
#pragma once

#include "selective_scan.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Scanned selective_scan_plain(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc,
                                          const Tensor& D, const Tensor& h0 = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
