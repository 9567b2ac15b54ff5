#include "../../../ops/diagonal/tree_scan.h"

#include "../../../ops/scan.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr ScanKind kKinds[] = {ScanKind::kSequential, ScanKind::kChunked, ScanKind::kHillisSteele, ScanKind::kBlelloch};

}  // namespace

TEST_CASE("tree_scan: a case worked by hand") {
  for (const ScanKind kind : kKinds) {
    std::vector<Step> steps{{2, 1}, {3, 4}, {real(0.5), 1}};
    tree_scan(kind, steps, 2);
    // h = 1, 3 * 1 + 4, 7 / 2 + 1; products 2, 6, 3
    CHECK(steps[1].b == 7);
    CHECK(steps[2].b == real(4.5));
    CHECK(steps[2].a == 3);
  }
}

TEST_CASE("tree_scan: every kind gives the recurrence, at any length") {
  for (const int64_t n : {1, 2, 3, 7, 8, 31, 64, 100}) {
    const Tensor a = random_tensor({1, n, 1}, 1, 0, 1), b = random_tensor({1, n, 1}, 2);
    const Tensor h = scan(a, b, {});
    for (const ScanKind kind : kKinds) {
      std::vector<Step> steps;
      for (int64_t t = 0; t < n; ++t) steps.push_back({a.data()[t], b.data()[t]});
      tree_scan(kind, steps, 5);
      Tensor ours({1, n, 1});
      for (int64_t t = 0; t < n; ++t) ours.mutable_data()[t] = steps[static_cast<size_t>(t)].b;
      CHECK(relative_error(ours, h) < (kDouble ? 1e-14 : 1e-6));
    }
  }
}

TEST_CASE("tree_scan: work and depth are those of the literature") {
  const auto cost = [](ScanKind kind, int64_t n, int64_t chunk) {
    std::vector<Step> steps(static_cast<size_t>(n), Step{1, 1});
    return tree_scan(kind, steps, chunk);
  };
  const ScanCost sequential = cost(ScanKind::kSequential, 1024, 1), hillis = cost(ScanKind::kHillisSteele, 1024, 1);
  CHECK(sequential.work == 1023);
  CHECK(sequential.depth == 1023);
  CHECK(hillis.work == 1024 * 10 - 1023);  // sum over levels of n - 2^level
  CHECK(hillis.depth == 10);
  const ScanCost blelloch = cost(ScanKind::kBlelloch, 1024, 1);
  CHECK(blelloch.work == 2 * 1023 - 10);
  CHECK(blelloch.depth <= 2 * 10 - 1);
  const ScanCost chunked = cost(ScanKind::kChunked, 1024, 32);
  CHECK(chunked.work == 31 * 32 + 31 * 32);
  CHECK(chunked.depth == 31 + 31);
  CHECK(error_of([&] { cost(ScanKind::kChunked, 4, 0); }) == "tree_scan: chunk is 0, but at least 1 is needed");
}
