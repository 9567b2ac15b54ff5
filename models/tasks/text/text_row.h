// The row of `train text` in the table of tasks: a language model on a text.
#pragma once

#include "../table.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API TaskRow text_row();

}  // namespace scangrad::SCANGRAD_PRECISION
