#include "../../../nn/mixers/elman.h"

#include "../../../ops/sequential/elman.h"
#include "recurrent.h"

using namespace scangrad;

TEST_CASE("elman: parameters have PyTorch's names and shapes, plus to_out if expansion is not 1") {
  check_recurrent_parameters<Elman>(1);
}

TEST_CASE("elman: the layer equals projection and loop") {
  check_recurrent_layer<Elman>(
      [](const Tensor& p, const Tensor& weight, const Tensor& bias) { return elman(p, weight, bias); });
}
