// What the tests of selective_scan and of its plain form share.
#pragma once

#include "../../../ops/selective/selective_scan.h"
#include "../../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

// Gradients of both results equal central differences, from the given states and from zero. scan_of(in, at) is the op.
template <class ScanOf>
void check_gradients(ScanOf scan_of, std::vector<Tensor> in, const Boundaries& at) {
  const auto y = [&](const std::vector<Tensor>& of) { return scan_of(of, at).y; };
  const auto last = [&](const std::vector<Tensor>& of) { return scan_of(of, at).last; };
  CHECK(gradcheck(y, in) < kGradTolerance);
  CHECK(gradcheck(last, in) < kGradTolerance);
  in[5] = Tensor();
  CHECK(gradcheck(y, in) < kGradTolerance);
}

}  // namespace scangrad::SCANGRAD_PRECISION
