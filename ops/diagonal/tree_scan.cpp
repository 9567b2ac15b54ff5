#include "tree_scan.h"

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// A map that knows how long the chain of combinations is that made it.
struct Link {
  Affine map;
  int64_t depth = 0;
};

class Counter {
 public:
  Link combine(const Link& first, const Link& second) {
    ++work;
    return {{second.map.a * first.map.a, second.map.a * first.map.x + second.map.x},
            std::max(first.depth, second.depth) + 1};
  }

  void sequential(std::vector<Link>& v, int64_t begin, int64_t end) {
    for (int64_t i = begin + 1; i < end; ++i) at(v, i) = combine(at(v, i - 1), at(v, i));
  }

  void chunked(std::vector<Link>& v, int64_t chunk) {
    const auto n = static_cast<int64_t>(v.size());
    for (int64_t begin = 0; begin < n; begin += chunk) sequential(v, begin, std::min(begin + chunk, n));
    for (int64_t begin = chunk; begin < n; begin += chunk) {
      const int64_t end = std::min(begin + chunk, n);
      const Link carry = at(v, begin - 1);
      at(v, end - 1) = combine(carry, at(v, end - 1));  // first, since the next chunk waits for it
      for (int64_t i = begin; i < end - 1; ++i) at(v, i) = combine(carry, at(v, i));
    }
  }

  void hillis_steele(std::vector<Link>& v) {
    const auto n = static_cast<int64_t>(v.size());
    for (int64_t step = 1; step < n; step *= 2) {
      const std::vector<Link> before = v;
      for (int64_t i = step; i < n; ++i) at(v, i) = combine(before[static_cast<size_t>(i - step)], at(v, i));
    }
  }

  void blelloch(std::vector<Link>& v) {
    const auto n = static_cast<int64_t>(v.size());
    if (n < 2) return;
    std::vector<Link> pairs;
    for (int64_t i = 1; i < n; i += 2) pairs.push_back(combine(at(v, i - 1), at(v, i)));
    blelloch(pairs);
    for (int64_t i = 1; i < n; i += 2) at(v, i) = at(pairs, i / 2);
    for (int64_t i = 2; i < n; i += 2) at(v, i) = combine(at(pairs, i / 2 - 1), at(v, i));
  }

  int64_t work = 0;

 private:
  static Link& at(std::vector<Link>& v, int64_t i) { return v[static_cast<size_t>(i)]; }
};

}  // namespace

ScanCost tree_scan(ScanKind kind, std::vector<Affine>& maps, int64_t chunk) {
  check(chunk >= 1, "tree_scan: chunk is {}, but at least 1 is needed", chunk);
  std::vector<Link> links;
  for (const Affine& map : maps) links.push_back({map, 0});
  Counter counter;
  if (kind == ScanKind::kSequential) counter.sequential(links, 0, static_cast<int64_t>(links.size()));
  if (kind == ScanKind::kChunked) counter.chunked(links, chunk);
  if (kind == ScanKind::kHillisSteele) counter.hillis_steele(links);
  if (kind == ScanKind::kBlelloch) counter.blelloch(links);
  ScanCost cost{counter.work, 0};
  for (size_t i = 0; i < links.size(); ++i) {
    maps[i] = links[i].map;
    cost.depth = std::max(cost.depth, links[i].depth);
  }
  return cost;
}

}  // namespace scangrad::SCANGRAD_PRECISION
