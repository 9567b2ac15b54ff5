#include "../../../ops/selective/selective_scan.h"

#include "../../../core/threads.h"
#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "../../../ops/selective/selective_scan_plain.h"
#include "../../same_bits.h"
#include "check_gradients.h"

using namespace scangrad;

namespace {

// Inputs in the op's order: x, pre, A_log, bc, D, h0.
std::vector<Tensor> random_inputs(int64_t B, int64_t T, int64_t E, int64_t N, int64_t S) {
  return {random_tensor({B, T, E}, 1), random_tensor({B, T, E}, 2, -3, 1),
          random_tensor({E, N}, 3),    random_tensor({B, T, 2 * N}, 4),
          random_tensor({E}, 5),       random_tensor({S, E, N}, 6)};
}

Scanned scan_of(const std::vector<Tensor>& in, const Boundaries& at = {}) {
  return selective_scan(in[0], in[1], in[2], in[3], in[4], in[5], at);
}

// The gradients of all inputs for given gradients of the results.
std::vector<Tensor> gradients(std::vector<Tensor> in, const Tensor& dy, const Tensor& dlast, const Boundaries& at = {},
                              decltype(&selective_scan) op = selective_scan) {
  for (Tensor& input : in) input = input.defined() ? leaf(input.clone()) : input;
  const auto [y, last] = op(in[0], in[1], in[2], in[3], in[4], in[5], at);
  backward({y, last}, {dy, dlast});
  std::vector<Tensor> result;
  for (const Tensor& input : in) result.push_back(input.defined() ? input.grad() : Tensor());
  return result;
}

}  // namespace

TEST_CASE("selective_scan: a case worked by hand") {
  // softplus(log(e - 1)) = 1, and A = -log 2 makes a = 1/2: h = 4/2 + 2 * 3 = 8, then 8/2 + 2 * 5 = 14.
  const real one = std::log(std::exp(real(1)) - 1), A_log = std::log(std::log(real(2)));
  const std::vector<Tensor> in{Tensor({1, 2, 1}, {3, 5}), Tensor({1, 2, 1}, {one, one}),
                               Tensor({1, 1}, {A_log}),   Tensor({1, 2, 2}, {2, 10, 2, 100}),
                               Tensor({1}, {1000}),       Tensor({1, 1, 1}, {4})};
  const auto [y, last] = scan_of(in);
  const double tolerance = kDouble ? 1e-14 : 1e-6;
  CHECK(relative_error(y, Tensor({1, 2, 1}, {3080, 6400})) < tolerance);
  CHECK(relative_error(last, Tensor({1, 1, 1}, {14})) < tolerance);

  // s = 100 + 7 = 107, then 10 + 107/2 = 63.5. ds/dA: r = 107 * 4 and 63.5 * 2, in all 555.
  const std::vector<Tensor> d = gradients(in, Tensor({1, 2, 1}, {1, 1}), Tensor({1, 1, 1}, {7}));
  CHECK(relative_error(d[0], Tensor({1, 2, 1}, {1127, 1214})) < tolerance);
  CHECK(relative_error(d[2], Tensor({1, 1}, {-std::log(real(2)) * 555})) < tolerance);
  CHECK(relative_error(d[3], Tensor({1, 2, 2}, {real(190.5), 8, 535, 14})) < tolerance);
  CHECK(relative_error(d[4], Tensor({1}, {8})) < tolerance);
  CHECK(relative_error(d[5], Tensor({1, 1, 1}, {real(31.75)})) < tolerance);
}

TEST_CASE("selective_scan: gradients equal central differences") {
  for (const auto& [B, T, E, N] : {std::array<int64_t, 4>{1, 1, 1, 1}, {2, 5, 17, 3}, {1, 67, 2, 3}, {1, 131, 1, 2}}) {
    Ids mask({B, T});
    for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i % 66 == 2;
    std::vector<int64_t> lengths(static_cast<size_t>(B), T);
    lengths[0] = T - 1;
    std::vector<Boundaries> boundaries{{}, Boundaries::reset(mask), Boundaries::lengths(lengths)};
    if (B == 1) boundaries.push_back(Boundaries::packed({0, T / 70, T / 2, T}));
    for (const Boundaries& at : boundaries) check_gradients(scan_of, random_inputs(B, T, E, N, at.sequences(B, T)), at);
  }
}

TEST_CASE("selective_scan: one state with A = -1 and B = C = 1 is the plain scan with sigmoid gates") {
  // exp(-softplus(pre)) = sigmoid(-pre): what minGRU's gate leaves of the state.
  const int64_t B = 2, T = 150, E = 19;
  const Tensor x = leaf(random_tensor({B, T, E}, 1)), pre = leaf(random_tensor({B, T, E}, 2, -3, 1));
  const Tensor h0 = leaf(random_tensor({B, E, 1}, 3)), dy = random_tensor({B, T, E}, 4);
  const auto gradients_of = [&](const Tensor& y) {
    backward({y}, {dy});
    const std::vector<Tensor> d{x.grad().clone(), pre.grad().clone(), h0.grad().clone()};
    for (const Tensor& input : {x, pre, h0}) input.zero_grad();
    return d;
  };
  const Tensor y = selective_scan(x, pre, Tensor::zeros({E, 1}), Tensor::full({B, T, 2}, 1), Tensor::zeros({E}), h0).y;
  const Tensor plain = scan(sigmoid(scale(pre, -1)), multiply(softplus(pre), x), h0.reshape({B, E}));
  const double tolerance = kDouble ? 1e-14 : 2e-6;
  CHECK(relative_error(y, plain) < tolerance);
  const std::vector<Tensor> d = gradients_of(y), expected = gradients_of(plain);
  for (size_t i = 0; i < d.size(); ++i) CHECK(relative_error(d[i], expected[i]) < tolerance);
}

TEST_CASE("selective_scan: results and gradients equal the plain form in double") {
  const double tolerance = kDouble ? 1e-14 : 2e-6;
  const auto check_equal = [&](const std::vector<Tensor>& in, const Boundaries& at) {
    const auto [y, last] = scan_of(in, at);
    const Scanned plain = selective_scan_plain(in[0], in[1], in[2], in[3], in[4], in[5], at);
    CHECK(relative_error(y, plain.y) < tolerance);
    CHECK(relative_error(last, plain.last) < tolerance);
    const Tensor dy = random_tensor(y.shape(), 7), dlast = random_tensor(last.shape(), 8);
    const std::vector<Tensor> d = gradients(in, dy, dlast, at);
    const std::vector<Tensor> expected = gradients(in, dy, dlast, at, selective_scan_plain);
    for (size_t i = 0; i < d.size(); ++i) CHECK(relative_error(d[i], expected[i]) < (kDouble ? 1e-13 : 1e-5));
  };
  for (const auto& [T, E, N] : {std::array<int64_t, 3>{1, 1, 1}, {64, 16, 16}, {65, 19, 5}, {300, 130, 16}})
    check_equal(random_inputs(1, T, E, N, 1), {});

  const int64_t T = 140, E = 19, N = 3;
  Ids mask({2, T});
  for (int64_t i = 0; i < 2 * T; ++i) mask.data()[i] = i % 66 == 2;
  for (const Boundaries& at : {Boundaries::reset(mask), Boundaries::lengths({T - 1, 0})}) {
    std::vector<Tensor> in = random_inputs(2, T, E, N, at.sequences(2, T));
    check_equal(in, at);
    in[5] = Tensor();
    check_equal(in, at);
  }
  check_equal(random_inputs(1, T, E, N, 3), Boundaries::packed({0, 70, 70, T}));
}

TEST_CASE("selective_scan: states that decay to zero at once have finite gradients") {
  std::vector<Tensor> in = random_inputs(1, 4, 2, 3, 1);
  in[2] = Tensor::full({2, 3}, 1e4);  // exp(A_log) is infinite
  for (Tensor& input : in) input = leaf(input);
  const Tensor y = scan_of(in).y;
  backward({y}, {Tensor::full(y.shape(), 1)});
  for (const Tensor& input : in)
    for (const real gradient : input.grad().values()) CHECK(std::isfinite(gradient));
}

TEST_CASE("selective_scan: two parts with a carried state equal one pass, gradients too") {
  const int64_t T = 150, E = 21, N = 4;
  std::vector<Tensor> in = random_inputs(2, T, E, N, 2);
  const Tensor dy = random_tensor({2, T, E}, 7), dlast = random_tensor({2, E, N}, 8);
  const auto [y, last] = scan_of(in);
  const std::vector<Tensor> d = gradients(in, dy, dlast);
  for (const int64_t cut : {1, 64, 149}) {
    std::vector<Tensor> leaves;
    for (const Tensor& input : in) leaves.push_back(leaf(input.clone()));
    std::vector<Tensor> first = leaves, second = leaves;
    for (const size_t i : {0, 1, 3}) {
      first[i] = slice(leaves[i], 1, 0, cut);
      second[i] = slice(leaves[i], 1, cut, T);
    }
    const Scanned one = scan_of(first);
    second[5] = one.last;
    const Scanned two = scan_of(second);
    CHECK(same_bits(one.y, slice(y, 1, 0, cut)));
    CHECK(same_bits(two.y, slice(y, 1, cut, T)));
    CHECK(same_bits(two.last, last));
    backward({one.y, two.y, two.last}, {slice(dy, 1, 0, cut), slice(dy, 1, cut, T), dlast});
    for (size_t i = 0; i < d.size(); ++i) CHECK(relative_error(leaves[i].grad(), d[i]) < (kDouble ? 1e-13 : 2e-6));
  }
}

TEST_CASE("selective_scan: packed, padded and separate sequences have the same bits") {
  const int64_t E = 19, N = 3;
  const std::vector<int64_t> cu{0, 70, 70, 73};
  const std::vector<Tensor> in = random_inputs(1, 73, E, N, 3);
  const Tensor dy = random_tensor({1, 73, E}, 7), dlast = random_tensor({3, E, N}, 8);
  const Boundaries at = Boundaries::packed(cu);
  const Scanned whole = scan_of(in, at);
  const std::vector<Tensor> d = gradients(in, dy, dlast, at);
  for (int64_t s = 0; s < 3; ++s) {
    const int64_t begin = cu[size_t(s)], end = cu[size_t(s) + 1];
    const auto steps = [&](const Tensor& x) { return slice(x, 1, begin, end); };
    const auto row = [&](const Tensor& x) { return slice(x, 0, s, s + 1); };
    const std::vector<Tensor> alone{steps(in[0]), steps(in[1]), in[2], steps(in[3]), in[4], row(in[5])};
    const auto check_part = [&](const Scanned& part, const std::vector<Tensor>& dpart) {
      CHECK(same_bits(slice(part.y, 1, 0, end - begin), steps(whole.y)));
      CHECK(same_bits(part.last, row(whole.last)));
      for (const size_t i : {0, 1, 3}) CHECK(same_bits(slice(dpart[i], 1, 0, end - begin), steps(d[i])));
      CHECK(same_bits(dpart[5], row(d[5])));
    };
    check_part(scan_of(alone), gradients(alone, steps(dy), row(dlast)));

    // What stands in the padding must not count, neither as input nor as gradient.
    std::vector<Tensor> padded = alone;
    const auto pad = [&](const Tensor& x) {
      Tensor wide = Tensor::full({1, 75, x.size(2)}, real(0.3));
      std::copy_n(x.data(), x.numel(), wide.mutable_data());
      return wide;
    };
    for (const size_t i : {0, 1, 3}) padded[i] = pad(alone[i]);
    const Boundaries length = Boundaries::lengths({end - begin});
    const Scanned part = scan_of(padded, length);
    const std::vector<Tensor> dpart = gradients(padded, pad(steps(dy)), row(dlast), length);
    check_part(part, dpart);
    for (const Tensor& x : {part.y, dpart[0], dpart[1], dpart[3]}) {
      const Tensor padding = slice(x, 1, end - begin, 75);
      CHECK(same_bits(padding, Tensor::zeros(padding.shape())));
    }
  }
}

TEST_CASE("selective_scan: the same bits for any number of threads") {
  const auto f = [](const std::vector<Tensor>& in) {
    const Scanned scanned = scan_of(in);
    return std::vector<Tensor>{scanned.y, scanned.last};
  };
  check_threads(f, random_inputs(3, 200, 200, 16, 3));
}

TEST_CASE("selective_scan: errors name wrong shapes") {
  const std::vector<Tensor> good = random_inputs(2, 5, 4, 3, 2);
  const auto error_with = [&](size_t i, const Shape& shape) {
    std::vector<Tensor> in = good;
    in[i] = Tensor::zeros(shape);
    return error_of([&] { scan_of(in); });
  };
  CHECK(error_with(0, {5, 4}) == "selective_scan: x has shape [5, 4], but (B, T, E) is needed");
  CHECK(error_with(1, {2, 5, 3}) == "selective_scan: pre has shape [2, 5, 3], but [2, 5, 4] is needed");
  CHECK(error_with(2, {3, 3}) == "selective_scan: A_log has shape [3, 3], but (4, N) is needed");
  CHECK(error_with(3, {2, 5, 3}) == "selective_scan: bc has shape [2, 5, 3], but [2, 5, 6] is needed");
  CHECK(error_with(4, {3}) == "selective_scan: D has shape [3], but [4] is needed");
  CHECK(error_with(5, {2, 3, 4}) == "selective_scan: h0 has shape [2, 3, 4], but [2, 4, 3] is needed");
}

TEST_CASE("selective_scan: reverse is refused") {
  CHECK(error_of([] {
          selective_scan(Tensor::zeros({1, 2, 3}), Tensor::zeros({1, 2, 3}), Tensor::zeros({3, 4}),
                         Tensor::zeros({1, 2, 8}), Tensor::zeros({3}), {}, Boundaries().reversed());
        }) == "selective_scan: sequences run in reverse, but only forward is possible");
}
