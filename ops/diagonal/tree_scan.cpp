#include "tree_scan.h"

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// A step, and the longest chain of combinations that led to it.
struct Link {
  Step step;
  int64_t depth = 0;
};

class Counter {
 public:
  Link joined(const Link& later, const Link& earlier) {
    ++work;
    return {combine(later.step, earlier.step), std::max(later.depth, earlier.depth) + 1};
  }

  void sequential(std::vector<Link>& v, int64_t begin, int64_t end) {
    for (int64_t i = begin + 1; i < end; ++i) at(v, i) = joined(at(v, i), at(v, i - 1));
  }

  void chunked(std::vector<Link>& v, int64_t chunk) {
    const auto n = static_cast<int64_t>(v.size());
    for (int64_t begin = 0; begin < n; begin += chunk) sequential(v, begin, std::min(begin + chunk, n));
    for (int64_t begin = chunk; begin < n; begin += chunk) {
      const int64_t end = std::min(begin + chunk, n);
      const Link carry = at(v, begin - 1);
      at(v, end - 1) = joined(at(v, end - 1), carry);  // first, because the next chunk waits for it
      for (int64_t i = begin; i < end - 1; ++i) at(v, i) = joined(at(v, i), carry);
    }
  }

  void hillis_steele(std::vector<Link>& v) {
    const auto n = static_cast<int64_t>(v.size());
    for (int64_t distance = 1; distance < n; distance *= 2) {
      const std::vector<Link> before = v;
      for (int64_t i = distance; i < n; ++i) at(v, i) = joined(at(v, i), before[static_cast<size_t>(i - distance)]);
    }
  }

  void blelloch(std::vector<Link>& v) {
    const auto n = static_cast<int64_t>(v.size());
    if (n < 2) return;
    std::vector<Link> pairs;
    for (int64_t i = 1; i < n; i += 2) pairs.push_back(joined(at(v, i), at(v, i - 1)));
    blelloch(pairs);
    for (int64_t i = 1; i < n; i += 2) at(v, i) = at(pairs, i / 2);
    for (int64_t i = 2; i < n; i += 2) at(v, i) = joined(at(v, i), at(pairs, i / 2 - 1));
  }

  int64_t work = 0;

 private:
  static Link& at(std::vector<Link>& v, int64_t i) { return v[static_cast<size_t>(i)]; }
};

}  // namespace

ScanCost tree_scan(ScanKind kind, std::vector<Step>& steps, int64_t chunk) {
  check(chunk >= 1, "tree_scan: chunk is {}, but at least 1 is needed", chunk);
  std::vector<Link> links;
  for (const Step& step : steps) links.push_back({step, 0});
  Counter counter;
  if (kind == ScanKind::kSequential) counter.sequential(links, 0, static_cast<int64_t>(links.size()));
  if (kind == ScanKind::kChunked) counter.chunked(links, chunk);
  if (kind == ScanKind::kHillisSteele) counter.hillis_steele(links);
  if (kind == ScanKind::kBlelloch) counter.blelloch(links);
  ScanCost cost{counter.work, 0};
  for (size_t i = 0; i < links.size(); ++i) {
    steps[i] = links[i].step;
    cost.depth = std::max(cost.depth, links[i].depth);
  }
  return cost;
}

}  // namespace scangrad::SCANGRAD_PRECISION
