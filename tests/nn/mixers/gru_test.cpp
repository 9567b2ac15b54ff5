#include "../../../nn/mixers/gru.h"

#include "../../../ops/sequential/gru.h"
#include "recurrent.h"

using namespace scangrad;

TEST_CASE("gru: parameters have PyTorch's names and shapes, plus to_out if expansion is not 1") {
  check_recurrent_parameters<Gru>(3);
}

TEST_CASE("gru: the layer equals projection and loop") {
  check_recurrent_layer<Gru>(
      [](const Tensor& p, const Tensor& weight, const Tensor& bias) { return gru(p, weight, bias); });
}
