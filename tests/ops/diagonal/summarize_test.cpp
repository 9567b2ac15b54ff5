#include "../../../ops/diagonal/summarize.h"

#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/concat.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

const std::vector<Shape> kShapes{{1, 1, 1}, {2, 1, 3}, {1, 7, 1}, {3, 5, 17}, {1, 3, 259}};
const double kRounding = kDouble ? 1e-14 : 1e-6;

// Chunks of 1, 5, 2, 9, ... steps: [begin, end) of each, for any T.
std::vector<std::pair<int64_t, int64_t>> chunks_of(int64_t T) {
  std::vector<std::pair<int64_t, int64_t>> chunks;
  const int64_t lengths[] = {1, 5, 2, 9};
  for (int64_t begin = 0; begin < T;) {
    const int64_t end = std::min(T, begin + lengths[chunks.size() % 4]);
    chunks.emplace_back(begin, end);
    begin = end;
  }
  return chunks;
}

// The scan cut into chunks, from summaries that do not wait for each other.
Tensor cut_scan(const Tensor& a, const Tensor& b, const Tensor& h0) {
  std::vector<Tensor> parts;
  Tensor state = h0;
  for (const auto& [begin, end] : chunks_of(a.size(1))) {
    const Tensor ac = slice(a, 1, begin, end), bc = slice(b, 1, begin, end);
    parts.push_back(scan(ac, bc, state));
    state = state_after(summarize(ac, bc), state);
  }
  return concatenate(parts, 1);
}

// dh with `flow` added at its last step.
Tensor with_flow(const Tensor& dh, const Tensor& flow) {
  Tensor sum = dh.clone();
  const int64_t B = dh.size(0), T = dh.size(1), D = dh.size(2);
  for (int64_t n = 0; n < B; ++n)
    for (int64_t d = 0; d < D; ++d) sum.mutable_data()[(n * T + T - 1) * D + d] += flow.data()[n * D + d];
  return sum;
}

}  // namespace

TEST_CASE("summarize: a case worked by hand") {
  // The case of scan_test.cpp, in which h0 = 8 gives h[2] = 9.5.
  const Tensor a = leaf(Tensor({1, 3, 1}, {real(0.5), real(0.25), 2})), b = leaf(Tensor({1, 3, 1}, {1, 2, 3}));
  const Summary whole = summarize(a, b);
  CHECK(whole.a.item() == real(0.25));  // 0.5 * 0.25 * 2
  CHECK(whole.b.item() == real(7.5));   // h = 1, 2.25, 7.5
  CHECK(state_after(whole, Tensor({1, 1}, {8})).item() == real(9.5));

  backward({whole.a, whole.b}, {Tensor({1, 1}, {4}), Tensor({1, 1}, {1})});
  // q = 0.5, 2, 1; P[t-1] = 1, 0.5, 0.125; h[t-1] = 0, 1, 2.25
  CHECK(b.grad().values() == std::vector<real>{real(0.5), 2, 1});
  CHECK(a.grad().values() == std::vector<real>{real(0.5) * 4, 2 * (1 + 4 * real(0.5)), real(2.25) + 4 * real(0.125)});
}

TEST_CASE("summarize_adjoint: a case worked by hand") {
  // s = 100, 210, 53.5 and a[0] s[0] = 26.75, as in scan_test.cpp.
  const Tensor a({1, 3, 1}, {real(0.5), real(0.25), 2}), dh({1, 3, 1}, {1, 10, 100});
  const Summary whole = summarize_adjoint(a, dh);
  CHECK(whole.a.item() == real(0.25));
  CHECK(whole.b.item() == real(26.75));
}

TEST_CASE("summarize: gradients equal central differences") {
  for (const Shape& shape : kShapes) {
    Tensor a = random_tensor(shape, 1, 0, 1);
    a.mutable_data()[a.numel() / 2] = 0;  // nothing is divided by a
    const Tensor b = random_tensor(shape, 2), h = random_tensor({shape[0], shape[2]}, 3);
    const auto both = [](const Summary& whole) { return concatenate({whole.a, whole.b}, 1); };
    const auto forward = [&](const std::vector<Tensor>& in) { return both(summarize(in[0], in[1])); };
    const auto adjoint = [&](const std::vector<Tensor>& in) { return both(summarize_adjoint(in[0], in[1])); };
    CHECK(gradcheck(forward, {a, b}) < kGradTolerance);
    CHECK(gradcheck(adjoint, {a, b}) < kGradTolerance);
    CHECK(gradcheck([](const std::vector<Tensor>& in) { return summarize(in[0], in[1]).a; }, {a, b}) < kGradTolerance);
    CHECK(gradcheck([](const std::vector<Tensor>& in) { return summarize(in[0], in[1]).b; }, {a, b}) < kGradTolerance);

    const auto combined = [&](const std::vector<Tensor>& in) { return both(combine({in[0], in[1]}, {in[2], in[3]})); };
    const Shape flat{shape[0], shape[2]};
    CHECK(gradcheck(combined, {random_tensor(flat, 4), random_tensor(flat, 5), random_tensor(flat, 6), h}) <
          kGradTolerance);
    const auto after = [](const std::vector<Tensor>& in) { return state_after({in[0], in[1]}, in[2]); };
    CHECK(gradcheck(after, {random_tensor(flat, 4), random_tensor(flat, 5), h}) < kGradTolerance);
  }
}

TEST_CASE("summarize: chunks combine to the whole, in any grouping") {
  const Tensor a = random_tensor({3, 31, 17}, 1, 0, 1), b = random_tensor({3, 31, 17}, 2);
  const auto of = [&](int64_t begin, int64_t end) {
    return summarize(slice(a, 1, begin, end), slice(b, 1, begin, end));
  };
  const Summary whole = of(0, 31), first = of(0, 4), second = of(4, 15), third = of(15, 31), none = of(4, 4);
  const Summary left = combine(third, combine(second, first)), right = combine(combine(third, second), first);
  for (const Summary& each : {left, right}) {
    CHECK(relative_error(each.a, whole.a) < kRounding);
    CHECK(relative_error(each.b, whole.b) < kRounding);
  }
  CHECK(same_bits(combine(first, none).a, first.a));
  CHECK(same_bits(combine(none, first).b, first.b));
  // Alone, X is the last state of the scan to the last bit.
  CHECK(same_bits(whole.b, slice(scan(a, b), 1, 30, 31).reshape({3, 17})));
}

TEST_CASE("summarize: a scan cut into chunks equals the whole one, and so do its gradients") {
  for (const int64_t T : {1, 2, 23, 100}) {
    const Shape shape{2, T, 5};
    const Tensor a = random_tensor(shape, 1, 0, 1), b = random_tensor(shape, 2), up = random_tensor(shape, 4);
    const Tensor h0 = random_tensor({2, 5}, 3);
    std::vector<Tensor> results[2];
    for (const bool cut : {false, true}) {
      const Tensor la = leaf(a.clone()), lb = leaf(b.clone()), lh = leaf(h0.clone());
      const Tensor h = cut ? cut_scan(la, lb, lh) : scan(la, lb, lh);
      backward({h}, {up});
      results[cut] = {h, la.grad(), lb.grad(), lh.grad()};
    }
    for (size_t i = 0; i < 4; ++i) CHECK(relative_error(results[1][i], results[0][i]) < kRounding);
  }
}

TEST_CASE("summarize_adjoint: a gradient recurrence cut into chunks equals the whole one") {
  const Shape shape{2, 23, 5};
  const Tensor a = leaf(random_tensor(shape, 1, 0, 1)), b = leaf(random_tensor(shape, 2));
  const Tensor h0 = leaf(random_tensor({2, 5}, 3)), dh = random_tensor(shape, 4);
  const Tensor h = scan(a, b, h0);
  backward({h}, {dh});

  Tensor flow = Tensor::zeros({2, 5});
  const auto chunks = chunks_of(23);
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
    const auto part = [&](const Tensor& x) { return slice(x.detach(), 1, chunk->first, chunk->second); };
    const Tensor start = chunk->first > 0 ? slice(h.detach(), 1, chunk->first - 1, chunk->first).reshape({2, 5}) : h0;
    const Tensor ac = leaf(part(a)), bc = leaf(part(b)), hc = leaf(start.detach());
    backward({scan(ac, bc, hc)}, {with_flow(part(dh), flow)});
    CHECK(relative_error(ac.grad(), part(a.grad())) < kRounding);
    CHECK(relative_error(bc.grad(), part(b.grad())) < kRounding);
    flow = state_after(summarize_adjoint(ac.detach(), part(dh)), flow);
    CHECK(relative_error(flow, hc.grad()) < kRounding);
  }
  CHECK(relative_error(flow, h0.grad()) < kRounding);
}

TEST_CASE("summarize: any number of threads gives the same bits") {
  check_threads(
      [](const std::vector<Tensor>& in) {
        const Summary forward = summarize(in[0], in[1]), adjoint = summarize_adjoint(in[0], in[1]);
        return std::vector<Tensor>{forward.a, forward.b, adjoint.a, adjoint.b};
      },
      {random_tensor({3, 100, 301}, 1, 0, 1), random_tensor({3, 100, 301}, 2)});
}

TEST_CASE("summarize: a chunk without steps leaves every state as it is") {
  const Tensor a = leaf(Tensor::zeros({2, 0, 3})), h = random_tensor({2, 3}, 1);
  const Summary none = summarize(a, a);
  CHECK(same_bits(state_after(none, h), h));
  CHECK(state_after(none, {}).values() == std::vector<real>(6, 0));
  backward({none.a, none.b}, {h, h});
  CHECK(a.grad().shape() == Shape{2, 0, 3});
}

TEST_CASE("summarize: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 5, 4}), short_a = Tensor::zeros({2, 4, 4}), flat = Tensor::zeros({2, 4});
  CHECK(error_of([&] { summarize(flat, a); }) == "summarize: a has shape [2, 4], but (B, T, D) is needed");
  CHECK(error_of([&] { summarize(a, short_a); }) == "summarize: b has shape [2, 4, 4] but a has [2, 5, 4]");
  CHECK(error_of([&] { summarize_adjoint(flat, a); }) ==
        "summarize_adjoint: a has shape [2, 4], but (B, T, D) is needed");
  CHECK(error_of([&] { summarize_adjoint(a, short_a); }) ==
        "summarize_adjoint: dh has shape [2, 4, 4] but a has [2, 5, 4]");
  const Summary four{flat, flat}, three{Tensor::zeros({2, 3}), Tensor::zeros({2, 3})};
  CHECK(error_of([&] { combine(four, three); }) ==
        "combine: the later summary has shape [2, 4] but the earlier one [2, 3]");
  CHECK(error_of([&] { state_after(four, three.a); }) == "state_after: h has shape [2, 3], but [2, 4] is needed");
}
