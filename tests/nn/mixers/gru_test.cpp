#include "../../../nn/mixers/gru.h"

#include "../../../ops/sequential/gru.h"
#include "recurrent.h"

using namespace scangrad;

TEST_CASE("gru: parameters have PyTorch's names and shapes, and a way back to dim where they need one") {
  check_recurrent_parameters<Gru>(3);
}

TEST_CASE("gru: the layer is the projection and the loop") {
  check_recurrent_layer<Gru>(
      [](const Tensor& p, const Tensor& weight, const Tensor& bias) { return gru(p, weight, bias); });
}
