#include "nan_watch.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "../check.h"
#include "../files/text.h"
#include "../threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The bits of a real without its sign, read as an integer, have the order of magnitudes; infinity and NaN are largest.
using Bits = std::conditional_t<kDouble, uint64_t, uint32_t>;
constexpr Bits kMagnitude = std::numeric_limits<Bits>::max() >> 1;

Bits largest_bits(const real* x, int64_t begin, int64_t end) {
  Bits largest = 0;
#pragma omp simd reduction(max : largest)
  for (int64_t i = begin; i < end; ++i) largest = std::max(largest, std::bit_cast<Bits>(x[i]) & kMagnitude);
  return largest;
}

// The largest magnitude; infinity or NaN if there is one.
real largest_of(const real* x, int64_t count) {
  std::atomic<Bits> largest{0};
  in_parts(count, count / 8, [&](int64_t begin, int64_t end) {  // a vector at a time
    const Bits found = largest_bits(x, begin, end);
    for (Bits known = largest; found > known && !largest.compare_exchange_weak(known, found);) {
    }
  });
  return std::bit_cast<real>(largest.load());
}

// "row 3", "rows 0, 3 and 7", "all 32 rows"
std::string rows_text(const std::vector<int64_t>& rows, int64_t all) {
  constexpr size_t kMost = 8;
  if (rows.size() > 1 && std::ssize(rows) == all) return fmt::format("all {} rows", all);
  std::vector<std::string> words;
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i) words.push_back(std::to_string(rows[i]));
  std::string last = words.back();
  if (rows.size() > kMost)
    last = fmt::format("{} more", rows.size() - kMost);
  else
    words.pop_back();
  if (words.empty()) return "row " + last;
  return fmt::format("rows {} and {}", joined(words), last);
}

}  // namespace

std::string NanFinding::text() const {
  const std::string who = layer.empty() ? op : fmt::format("{} {} {}", op, own_layer ? "of" : "after", layer);
  const std::string what = number_text(value), element = fmt::format("at element {}", first);
  const std::string where = rows.empty() ? element : "in " + rows_text(rows, shape[0]);
  const std::string gradient = role == Role::kGradient ? "the gradient of " : "";
  if (!parameter.empty() && role == Role::kInput)
    return fmt::format("{} takes {}, which holds {} {}", who, parameter, what, element);
  if (!parameter.empty())
    return fmt::format("{} gives {} {} of {}{}", role == Role::kResult ? op : who, what, element, gradient, parameter);
  if (role == Role::kInput)
    return fmt::format("{} takes {} {} of its input {}, which no op made", op, what, where, index);
  if (role == Role::kResult) return fmt::format("{} gives {} {} of its result", who, what, where);
  return fmt::format("{} gives {} {} of {}its input {}", who, what, where, gradient, index);
}

NanWatch* watching_nan() {
  return newest_observer<NanWatch>();
}

void NanWatch::forward_done(const char* op, uint64_t node, const Parts& inputs, const Parts& results) {
  if (found_ || watching_nan() != this) return;
  Place place{last_, false};
  for (const Part& input : inputs)
    if (input.name != nullptr) place = {layer_of(*input.name), true};
  last_ = place.layer;
  if (node != 0) places_[node] = place;
  look(op, place, /*backward=*/false, results);
  if (!found_) return;
  // The op is not to blame for an input that was not finite. Results of earlier ops were finite: no op computed it.
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i].tensor;
    if (std::isfinite(largest_of(input.data(), input.numel()))) continue;
    return find(op, place, NanFinding::Role::kInput, static_cast<int>(i), inputs[i]);
  }
}

void NanWatch::backward_done(const char* op, uint64_t node, const Parts& gradients, int64_t) {
  if (found_ || watching_nan() != this) return;
  const auto place = places_.find(node);
  look(op, place != places_.end() ? place->second : Place(), /*backward=*/true, gradients);
}

void NanWatch::record_update(const char* what, const Parts& parameters) {
  if (!found_) look(what, Place(), /*backward=*/false, parameters);
}

// Updates the largest number of the op, and finds the first tensor with a number that is not finite.
void NanWatch::look(const char* op, Place place, bool backward, const Parts& parts) {
  const auto [found, is_new] = rows_.try_emplace({op, place.layer, backward}, seen_.size());
  if (is_new)
    seen_.push_back({op, place.layer < 0 ? "" : layers_[static_cast<size_t>(place.layer)], backward, 0, {}, 0});
  Seen& row = seen_[found->second];
  ++row.calls;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Tensor& tensor = parts[i].tensor;
    if (!tensor.defined()) continue;
    const real largest = largest_of(tensor.data(), tensor.numel());
    const bool is_bad = !std::isfinite(largest);
    if (is_bad || row.largest == 0 || static_cast<double>(largest) > row.largest) {
      row.largest = static_cast<double>(largest);
      row.shape = tensor.shape();
    }
    if (!is_bad) continue;
    find(op, place, backward ? NanFinding::Role::kGradient : NanFinding::Role::kResult, static_cast<int>(i), parts[i]);
    // The row of the finding moves to the end.
    const auto at = seen_.begin() + static_cast<std::ptrdiff_t>(found->second);
    std::rotate(at, at + 1, seen_.end());
    return;
  }
}

void NanWatch::find(const char* op, Place place, NanFinding::Role role, int index, const Part& part) {
  NanFinding& found = found_.emplace();
  found.op = op;
  if (place.layer >= 0) found.layer = layers_[static_cast<size_t>(place.layer)];
  found.own_layer = place.own;
  found.role = role;
  found.index = index;
  found.shape = part.tensor.shape();
  if (part.name != nullptr) found.parameter = *part.name;
  const real* const x = part.tensor.data();
  const bool has_rows = part.name == nullptr && found.shape.rank() >= 2;
  const int64_t width = has_rows ? found.shape.after(0) : 1;
  for (int64_t i = 0; i < part.tensor.numel(); ++i) {
    if (std::isfinite(x[i])) continue;
    if (found.nans + found.infinities == 0) found.first = i, found.value = static_cast<double>(x[i]);
    ++(std::isnan(x[i]) ? found.nans : found.infinities);
    if (has_rows && (found.rows.empty() || found.rows.back() != i / width)) found.rows.push_back(i / width);
  }
}

// The layer of "blocks.1.mixer.to_out.weight" is "blocks.1.mixer.to_out".
int NanWatch::layer_of(const std::string& parameter) {
  const auto [found, is_new] =
      layer_index_.try_emplace(parameter.substr(0, parameter.rfind('.')), static_cast<int>(layers_.size()));
  if (is_new) layers_.push_back(found->first);
  return found->second;
}

}  // namespace scangrad::SCANGRAD_PRECISION
