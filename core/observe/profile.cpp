#include "profile.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace scangrad::SCANGRAD_PRECISION {
namespace {

std::atomic<int64_t> flops_so_far{0}, products_so_far{0}, in_pieces{0};

}  // namespace

Profile* profiling() {
  return newest_observer<Profile>();
}

double counted_flops() {
  return static_cast<double>(flops_so_far.load(std::memory_order_relaxed));
}

void count_flops(int64_t flops) {
  flops_so_far.fetch_add(flops, std::memory_order_relaxed);
}

int64_t counted_products() {
  return products_so_far.load(std::memory_order_relaxed);
}

void count_products(int64_t products) {
  if (in_pieces.load(std::memory_order_relaxed) == 0) products_so_far.fetch_add(products, std::memory_order_relaxed);
}

PiecesOfOneProduct::PiecesOfOneProduct() {
  count_products(1);
  ++in_pieces;
}
PiecesOfOneProduct::~PiecesOfOneProduct() {
  --in_pieces;
}

Profile::Profile() : last_flops_(counted_flops()) {}

Profile::Pass& Profile::Pass::operator+=(const Pass& other) {
  seconds += other.seconds;
  flops += other.flops;
  bytes += other.bytes;
  return *this;
}

Profile::Row& Profile::row(const std::string& name) {
  const auto [found, is_new] = index_.try_emplace(name, rows_.size());
  if (is_new) rows_.push_back({name, 0, {}, {}});
  return rows_[found->second];
}

void Profile::end(Pass& pass, double bytes) {
  const Clock::time_point now = Clock::now();
  const double flops = counted_flops();
  const std::chrono::duration<double> seconds = now - std::exchange(last_, now);
  pass += {seconds.count(), flops - std::exchange(last_flops_, flops), bytes};
}

void Profile::record_forward(const std::string& op, double bytes) {
  Row& to = row(op);
  ++to.calls;
  end(to.forward, bytes);
}

void Profile::record_backward(const std::string& op, double bytes) {
  end(row(op).backward, bytes);
}

void Profile::forward_done(const char* op, uint64_t, const Parts& inputs, const Parts& results) {
  if (profiling() != this) return;
  int64_t numbers = 0;
  for (const Parts* const parts : {&inputs, &results})
    for (const Part& part : *parts) numbers += part.tensor.numel();
  record_forward(op, static_cast<double>(numbers) * sizeof(real));
}

void Profile::backward_done(const char* op, uint64_t, const Parts&, int64_t numbers) {
  if (profiling() == this) record_backward(op, static_cast<double>(numbers) * sizeof(real));
}

std::vector<Profile::Row> Profile::rows() const {
  std::vector<Row> result = rows_;
  std::stable_sort(result.begin(), result.end(), [](const Row& a, const Row& b) { return a.seconds() > b.seconds(); });
  return result;
}

Profile::Pass Profile::total() const {
  Pass sum;
  for (const Row& row : rows_)
    for (const Pass& pass : {row.forward, row.backward}) sum += pass;
  return sum;
}

}  // namespace scangrad::SCANGRAD_PRECISION
