#include "../../../nn/mixers/elman.h"

#include "../../../ops/sequential/elman.h"
#include "recurrent.h"

using namespace scangrad;

TEST_CASE("elman: parameters have PyTorch's names and shapes, and a way back to dim where they need one") {
  check_recurrent_parameters<Elman>(1);
}

TEST_CASE("elman: the layer is the projection and the loop") {
  check_recurrent_layer<Elman>(
      [](const Tensor& p, const Tensor& weight, const Tensor& bias) { return elman(p, weight, bias); });
}
