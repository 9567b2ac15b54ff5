#include "../../../nn/mixers/min_lstm.h"

#include "../mixers.h"

using namespace scangrad;

TEST_CASE("min_lstm: every form is one function, fused, composed and through logarithms") {
  for (const Gates gates : {Gates::kPlain, Gates::kNormalised}) {
    for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
      const MinLstm layer(Params(3),
                          {.dim = 5, .expansion = 2, .options = {{"candidate", candidate}, {"gates", gates}}});
      const Tensor projection = random_tensor({2, 7, 30}, 1, -3, 3), start = random_tensor({2, 10}, 2, 0, 1);
      const Tensor fused = min_lstm_scan(projection, start, gates, candidate);
      const double tolerance = kDouble ? 1e-13 : 2e-6;
      CHECK(relative_error(fused, layer.composed(projection, start)) < tolerance);
      if (candidate == Candidate::kIdentity) continue;
      const MinLstm log_layer(Params(3),
                              {.dim = 5, .expansion = 2, .options = {{"space", Space::kLog}, {"gates", gates}}});
      CHECK(relative_error(fused, log_layer.composed(projection, start)) < tolerance);
    }
  }
}

TEST_CASE("min_lstm: every form agrees in parallel, in chunks and step by step") {
  for (const Gates gates : {Gates::kPlain, Gates::kNormalised}) {
    check_mixer("minlstm", {.dim = 3, .expansion = 2, .options = {{"gates", gates}}});
    check_mixer("minlstm", {.dim = 3, .options = {{"space", Space::kLog}, {"gates", gates}}});
    check_mixer("minlstm", {.dim = 3, .options = {{"candidate", Candidate::kIdentity}, {"gates", gates}}});
  }
}

TEST_CASE("min_lstm: without biases and without to_out, the only parameter is one projection") {
  const Params params(3);
  const MinLstm layer(params, {.dim = 3, .options = {{"learned_h0", false}, {"bias", false}, {"to_out", false}}});
  CHECK(params.list().size() == 1);
  check_mixer("minlstm", {.dim = 3, .options = {{"learned_h0", false}, {"bias", false}, {"to_out", false}}});
  check_mixer("minlstm", {.dim = 3, .expansion = 2, .options = {{"bias", false}}});
}

TEST_CASE("min_lstm: the forget bias is added at initialisation") {
  const Params with(3), without(3);
  const MinLstm a(with, {.dim = 4, .options = {{"forget_bias", 3}}}),
      b(without, {.dim = 4, .options = {{"forget_bias", 0}}});
  const Tensor u = with.find("to_hidden_and_gate.bias").tensor, v = without.find("to_hidden_and_gate.bias").tensor;
  for (int64_t i = 0; i < 12; ++i)
    CHECK(u.data()[i] == doctest::Approx(double(v.data()[i]) + (i >= 4 && i < 8 ? 3 : 0)));
}

TEST_CASE("min_lstm: candidate identity in log space is refused") {
  CHECK(error_of([] {
          MinLstm(Params(1), {.options = {{"candidate", Candidate::kIdentity}, {"space", Space::kLog}}});
        }) == "min_lstm: candidate identity in log space, but log space needs positive states: candidate g");
}
