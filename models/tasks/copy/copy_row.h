// The row of `train copy` in the table of tasks: selective copying.
#pragma once

#include "../table.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API TaskRow copy_row();

}  // namespace scangrad::SCANGRAD_PRECISION
