#include "../../../ops/convolution/causal_conv.h"

#include "../../../ops/indexing/concat.h"
#include "../../../ops/indexing/slice.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("causal_conv: a case worked by hand") {
  const Tensor x({1, 3, 1}, {1, 2, 3}), weight({2, 1}, {10, 1}), bias({1}, {100}), tail({1, 1, 1}, {7});
  CHECK(causal_conv(x, weight, bias).values() == std::vector<real>{101, 112, 123});
  CHECK(causal_conv(x, weight, bias, tail).values() == std::vector<real>{171, 112, 123});
  CHECK(causal_conv(x, weight, bias, tail, Boundaries::reset(Ids({1, 3}, {0, 0, 1}))).values() ==
        std::vector<real>{171, 112, 103});
  CHECK(causal_conv(x, weight, bias, tail, Boundaries::lengths({2})).values() == std::vector<real>{171, 112, 0});
  CHECK(conv_tail(x, tail, 2).values() == std::vector<real>{3});
  CHECK(conv_tail(x, tail, 2, Boundaries::lengths({0})).values() == std::vector<real>{7});
  CHECK(conv_tail(x, Tensor({1, 3, 1}, {4, 5, 6}), 4, Boundaries::lengths({1})).values() == std::vector<real>{5, 6, 1});
  CHECK(conv_tail(x, Tensor({1, 3, 1}, {4, 5, 6}), 4, Boundaries::reset(Ids({1, 3}, {0, 0, 1}))).values() ==
        std::vector<real>{0, 0, 3});
}

TEST_CASE("causal_conv: gradients equal central differences") {
  for (const auto& [B, T, D, K] : {std::array<int64_t, 4>{1, 1, 1, 1}, {1, 1, 1, 4}, {2, 7, 5, 4}, {3, 2, 17, 3}}) {
    Ids mask({B, T});
    for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i % 4 == 3;
    std::vector<int64_t> lengths(static_cast<size_t>(B), T);
    lengths[0] = T - 1;
    for (const Boundaries& at : {Boundaries(), Boundaries::reset(mask), Boundaries::lengths(lengths)}) {
      const Tensor x = random_tensor({B, T, D}, 1), weight = random_tensor({K, D}, 2), bias = random_tensor({D}, 3);
      const Tensor tail = random_tensor({B, K - 1, D}, 4);
      const auto f = [&](const std::vector<Tensor>& in) { return causal_conv(in[0], in[1], in[2], in[3], at); };
      CHECK(gradcheck(f, {x, weight, bias, tail}) < kGradTolerance);
      CHECK(gradcheck(f, {x, weight, Tensor(), Tensor()}) < kGradTolerance);
      if (K == 1) continue;
      const auto g = [&](const std::vector<Tensor>& in) { return conv_tail(in[0], in[1], weight.size(0), at); };
      CHECK(gradcheck(g, {x, tail}) < kGradTolerance);
    }
  }
}

TEST_CASE("causal_conv: two halves with a carried tail equal one pass to the last bit") {
  const Tensor x = random_tensor({2, 9, 5}, 1), weight = random_tensor({4, 5}, 2), bias = random_tensor({5}, 3);
  const Tensor whole = causal_conv(x, weight, bias);
  Tensor tail;
  for (int64_t begin = 0, end = 2; begin < 9; begin = end, end = std::min<int64_t>(end + 3, 9)) {
    const Tensor part = slice(x, 1, begin, end);
    CHECK(same_bits(causal_conv(part, weight, bias, tail), slice(whole, 1, begin, end)));
    tail = conv_tail(part, tail, 4);
  }
}

TEST_CASE("causal_conv: packed sequences equal separate ones to the last bit") {
  const Tensor x = random_tensor({1, 9, 5}, 1), weight = random_tensor({4, 5}, 2), bias = random_tensor({5}, 3);
  const Tensor packed = causal_conv(x, weight, bias, {}, Boundaries::packed({0, 2, 3, 9}));
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 2}, {2, 3}, {3, 9}})
    CHECK(same_bits(causal_conv(slice(x, 1, begin, end), weight, bias), slice(packed, 1, begin, end)));
}

TEST_CASE("causal_conv: errors name wrong shapes") {
  const Tensor x = Tensor::zeros({2, 5, 4}), weight = Tensor::zeros({3, 4});
  CHECK(error_of([&] {
          causal_conv(Tensor::zeros({5, 4}), weight);
        }) == "causal_conv: x has shape [5, 4], but (B, T, D) is needed");
  CHECK(error_of([&] {
          causal_conv(x, Tensor::zeros({3, 5}));
        }) == "causal_conv: weight has shape [3, 5], but (K, 4) with K >= 1 is needed");
  CHECK(error_of([&] { causal_conv(x, weight, Tensor::zeros({5})); }) ==
        "causal_conv: bias has shape [5], but [4] is needed");
  CHECK(error_of([&] {
          causal_conv(x, weight, {}, Tensor::zeros({2, 3, 4}));
        }) == "causal_conv: tail has shape [2, 3, 4], but [2, 2, 4] is needed");
  CHECK(error_of([&] {
          conv_tail(x, Tensor::zeros({2, 3, 4}), 3);
        }) == "causal_conv: tail has shape [2, 3, 4], but [2, 2, 4] is needed");
  CHECK(error_of([&] { conv_tail(x, {}, 0); }) ==
        "causal_conv: x has shape [2, 5, 4] and 0 taps, but (B, T, D) and at least 1 are needed");
}

TEST_CASE("causal_conv: any number of threads gives the same bits") {
  check_threads(
      [](const std::vector<Tensor>& in) { return std::vector<Tensor>{causal_conv(in[0], in[1], in[2], in[3])}; },
      {random_tensor({5, 100, 301}, 1), random_tensor({4, 301}, 2), random_tensor({301}, 3),
       random_tensor({5, 3, 301}, 4)});
}

TEST_CASE("causal_conv: a long sequence equals its parts with a carried tail") {
  const int64_t T = 1300, D = 3, K = 4;
  const Tensor x = random_tensor({1, T, D}, 1), w = random_tensor({K, D}, 2), b = random_tensor({D}, 3);
  const Tensor up = random_tensor({1, T, D}, 4);
  const auto run = [&](int64_t stride) {
    const Tensor in = leaf(x.clone()), weight = leaf(w.clone()), bias = leaf(b.clone());
    Tensor tail;
    std::vector<Tensor> ys, ups;
    for (int64_t t = 0; t < T; t += stride) {
      const int64_t end = std::min(t + stride, T);
      const Tensor part = slice(in, 1, t, end);
      ys.push_back(causal_conv(part, weight, bias, tail));
      ups.push_back(slice(up, 1, t, end));
      tail = conv_tail(part, tail, K);
    }
    const Tensor y = concatenate(ys, 1);
    backward(ys, ups);
    return std::vector<Tensor>{y.detach(), in.grad(), weight.grad(), bias.grad()};
  };
  const std::vector<Tensor> whole = run(T);
  for (const int64_t stride : {100, 700}) {
    const std::vector<Tensor> parts = run(stride);
    for (size_t i = 0; i < whole.size(); ++i) CHECK(relative_error(parts[i], whole[i]) < (kDouble ? 1e-13 : 2e-6));
  }
}

TEST_CASE("causal_conv: reverse is refused") {
  CHECK(error_of([] {
          causal_conv(Tensor::zeros({1, 2, 3}), Tensor::zeros({2, 3}), {}, {}, Boundaries().reversed());
        }) == "causal_conv: sequences run in reverse, but only forward is possible");
}

TEST_CASE("causal_conv: a tail in reverse is refused") {
  CHECK(error_of([] {
          conv_tail(Tensor::zeros({1, 2, 3}), {}, 2, Boundaries().reversed());
        }) == "causal_conv: sequences run in reverse, but only forward is possible");
}
