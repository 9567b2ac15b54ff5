#include "../../../nn/mixers/lstm.h"

#include "../../../ops/sequential/lstm.h"
#include "recurrent.h"

using namespace scangrad;

TEST_CASE("lstm: parameters have PyTorch's names and shapes, plus to_out if expansion is not 1") {
  check_recurrent_parameters<Lstm>(4);
}

TEST_CASE("lstm: the layer equals projection and loop") {
  check_recurrent_layer<Lstm>(
      [](const Tensor& p, const Tensor& weight, const Tensor& bias) { return lstm(p, weight, bias).h; });
}
