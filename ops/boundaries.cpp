#include "boundaries.h"

#include <algorithm>

#include "../core/autograd.h"
#include "../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

Boundaries Boundaries::lengths(std::vector<int64_t> steps) {
  Boundaries result;
  result.kind_ = Kind::kLengths;
  result.sizes_ = std::move(steps);
  return result;
}

Boundaries Boundaries::reset(const Ids& mask) {
  check(mask.defined() && mask.shape().rank() == 2, "boundaries: reset mask has shape {}, but (B, T) is needed",
        mask.shape());
  Boundaries result;
  result.kind_ = Kind::kReset;
  result.mask_ = mask;
  return result;
}

Boundaries Boundaries::packed(std::vector<int64_t> cu_seqlens) {
  check(cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 && std::is_sorted(cu_seqlens.begin(), cu_seqlens.end()),
        "boundaries: cu_seqlens has {} entries from {} to {}, but at least 2 that rise from 0 are needed",
        cu_seqlens.size(), cu_seqlens.empty() ? 0 : cu_seqlens.front(), cu_seqlens.empty() ? 0 : cu_seqlens.back());
  Boundaries result;
  result.kind_ = Kind::kPacked;
  result.sizes_ = std::move(cu_seqlens);
  return result;
}

Boundaries Boundaries::reversed() const {
  Boundaries result = *this;
  result.in_reverse_ = !in_reverse_;
  return result;
}

void Boundaries::check_forward(const char* op) const {
  check(!in_reverse_, "{}: sequences run in reverse, but only forward is possible", op);
}

int64_t Boundaries::streams(int64_t B) const {
  return kind_ == Kind::kPacked ? static_cast<int64_t>(sizes_.size()) - 1 : B;
}

void Boundaries::check_fits(int64_t B, int64_t T) const {
  switch (kind_) {
    case Kind::kNone:
      return;
    case Kind::kLengths:
      check(static_cast<int64_t>(sizes_.size()) == B, "boundaries: lengths has {} entries, but the batch has {} rows",
            sizes_.size(), B);
      for (const int64_t n : sizes_)
        check(n >= 0 && n <= T, "boundaries: lengths holds {}, but 0 to {} is needed", n, T);
      return;
    case Kind::kReset:
      check(mask_.shape() == Shape{B, T}, "boundaries: reset mask has shape {}, but the batch is {}", mask_.shape(),
            Shape{B, T});
      return;
    case Kind::kPacked:
      check(B == 1 && sizes_.back() == T, "boundaries: cu_seqlens ends at {} in one row, but the batch is {}",
            sizes_.back(), Shape{B, T});
  }
}

int64_t Boundaries::sequences(int64_t B, int64_t T) const {
  check_fits(B, T);
  if (kind_ != Kind::kReset) return streams(B);
  int64_t count = B;
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 1; t < T; ++t) count += mask_[b * T + t] != 0;
  return count;
}

SpanList Boundaries::spans(int64_t B, int64_t T) const {
  check_fits(B, T);
  const auto size = [this](int64_t i) { return sizes_[static_cast<size_t>(i)]; };
  if (kind_ == Kind::kLengths) {
    SpanList list(2 * B);  // each row's steps, then its padding
    for (int64_t b = 0; b < B; ++b) {
      list[2 * b] = {b, 0, size(b), b, b, b, true};
      list[2 * b + 1] = {b, size(b), T, -1, -1, -1, false};
    }
    return list;
  }
  if (kind_ == Kind::kPacked) {
    SpanList list(streams(B));
    for (int64_t i = 0; i < list.size(); ++i) list[i] = {0, size(i), size(i + 1), i, i, i, true};
    return list;
  }
  SpanList list(sequences(B, T));
  int64_t next = 0;
  for (int64_t b = 0; b < B; ++b) {
    const int32_t* const mask = kind_ == Kind::kReset ? mask_.data() + b * T : nullptr;
    const auto begins = [mask](int64_t t) { return mask != nullptr && mask[t] != 0; };
    int64_t begin = 0;
    do {
      int64_t end = std::min(begin + 1, T);
      while (end < T && !begins(end)) ++end;
      const bool continues = in_reverse_ ? end == T : begin == 0 && !(T > 0 && begins(0));
      list[next] = {b, begin, end, next, continues ? b : -1, b, in_reverse_ ? begin == 0 : end == T};
      ++next;
      begin = end;
    } while (begin < T);
  }
  return list;
}

void check_starts(const char* op, const Tensor& starts, const Shape& needed, const char* name) {
  check(!starts.defined() || starts.shape() == needed, "{}: {} has shape {}, but {} is needed", op, name,
        starts.shape(), needed);
}

namespace {

// (rows, sizes of one row), where one row is the axes of `of` from `axis` on.
Shape rows_of(int64_t rows, const Shape& of, int axis) {
  std::vector<int64_t> sizes{rows};
  sizes.insert(sizes.end(), of.begin() + std::min(axis, of.rank()), of.end());
  return Shape(sizes.data(), static_cast<int>(sizes.size()));
}

}  // namespace

Tensor start_states(const Tensor& carried, const Tensor& fresh, const Boundaries& at, int64_t B, int64_t T) {
  if (!carried.defined() && !fresh.defined()) return {};
  const bool has_carried = carried.defined();
  const Shape one_row = has_carried ? rows_of(1, carried.shape(), 1) : rows_of(1, fresh.shape(), 0);
  const Shape needed = rows_of(at.streams(B), one_row, 1), shape = rows_of(at.sequences(B, T), one_row, 1);
  check(!has_carried || carried.shape() == needed, "boundaries: carried state has shape {}, but {} is needed",
        carried.shape(), needed);
  check(!fresh.defined() || rows_of(1, fresh.shape(), 0) == one_row,
        "boundaries: fresh state has shape {}, but {} is needed", fresh.shape(),
        Shape(one_row.begin() + 1, one_row.rank() - 1));
  if (has_carried && !at.any()) return carried;

  const SpanList spans = at.spans(B, T);
  const int64_t D = one_row.after(0);
  Tensor starts(shape);
  real* const to = starts.mutable_data();
  for (const Span& span : spans) {
    if (span.is_padding()) continue;
    const bool continues = span.carried >= 0 && has_carried;
    const real* const from = continues ? carried.data() + span.carried * D : (fresh.defined() ? fresh.data() : nullptr);
    if (from != nullptr)
      std::copy_n(from, D, to + span.start * D);
    else
      std::fill_n(to + span.start * D, D, real(0));
  }
  return record("start_states", starts, {carried, fresh}, [spans, D, has_carried](const Tensor& d, Sinks& into) {
    real* const dcarried = into.zeroed(0);
    real* const dfresh = into.zeroed(1);
    for (const Span& span : spans) {
      if (span.is_padding()) continue;
      const bool continues = span.carried >= 0 && has_carried;
      real* const sink = continues ? (dcarried ? dcarried + span.carried * D : nullptr) : dfresh;
      if (sink == nullptr) continue;
      for (int64_t i = 0; i < D; ++i) sink[i] += d.data()[span.start * D + i];
    }
  });
}

Tensor last_states(const Tensor& h, const Tensor& starts, const Boundaries& at) {
  check(h.shape().rank() >= 3, "boundaries: h has shape {}, but (B, T, D) is needed", h.shape());
  const int64_t B = h.size(0), T = h.size(1), D = h.shape().after(1);
  const int64_t streams = at.streams(B);
  const SpanList spans = at.spans(B, T);
  const Shape start_shape = rows_of(at.sequences(B, T), h.shape(), 2);
  check(!starts.defined() || starts.shape() == start_shape, "boundaries: starts has shape {}, but {} is needed",
        starts.shape(), start_shape);

  // Where each stream's last state begins: at element i of h or, for a stream without steps, at element -1 - i of
  // starts.
  const auto source = std::make_shared<Scratch<int64_t>>(streams);
  for (const Span& span : spans) {
    if (span.stream < 0 || !span.last) continue;
    const int64_t step = at.in_reverse() ? span.begin : span.end - 1;
    (*source)[span.stream] = span.begin < span.end ? (span.row * T + step) * D : -1 - span.start * D;
  }
  Tensor last(rows_of(streams, h.shape(), 2));
  real* const to = last.mutable_data();
  for (int64_t i = 0; i < streams; ++i) {
    const int64_t from = (*source)[i];
    if (from < 0 && !starts.defined())
      std::fill_n(to + i * D, D, real(0));
    else
      std::copy_n(from >= 0 ? h.data() + from : starts.data() + (-1 - from), D, to + i * D);
  }
  return record("last_states", last, {h, starts}, [source, streams, D](const Tensor& d, Sinks& into) {
    real* const dh = into.zeroed(0);
    real* const dstarts = into.zeroed(1);
    for (int64_t i = 0; i < streams; ++i) {
      const int64_t from = (*source)[i];
      real* const base = from >= 0 ? dh : dstarts;
      if (base == nullptr) continue;
      real* const sink = base + (from >= 0 ? from : -1 - from);
      for (int64_t j = 0; j < D; ++j) sink[j] += d.data()[i * D + j];
    }
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
