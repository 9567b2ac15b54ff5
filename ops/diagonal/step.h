// One step of a linear recurrence: the map h -> a h + x.
#pragma once

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Affine {
  real a, x;
};

}  // namespace scangrad::SCANGRAD_PRECISION
