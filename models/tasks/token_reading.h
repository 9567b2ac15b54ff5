// How a network on tokens is read while its gates are watched (GateReading of actions.h): the result is the loss of the
// token that it holds most likely after the last step.
#pragma once

#include "../networks/language_model.h"
#include "actions.h"

namespace scangrad::SCANGRAD_PRECISION {

// ids (1, T). `model` must outlive the result.
SCANGRAD_API ReadSteps read_tokens(const LanguageModel& model, const Ids& ids);

}  // namespace scangrad::SCANGRAD_PRECISION
