// Where sequences begin and end inside a batch (B, T): a property of the recurrence, obeyed by every op that looks
// back.
//
//   Boundaries()               every row is one sequence of T steps
//   Boundaries::lengths(n)     row b holds n[b] steps, the rest is padding: results and gradients there are zero
//   Boundaries::reset(mask)    a nonzero mask[b, t] starts a new sequence at step t of row b
//   Boundaries::packed(cu)     the one row holds sequences [cu[i], cu[i+1]); cu = 0, ..., T
//
// Each of them reversed() runs every sequence from its last step to its first, in place: results stay where their
// inputs are. A carried state then comes from the right, and enters where the row ends; what is
// left behind is the state after the row's first step, whether or not a mask begins a sequence there. Ops that cannot
// run in reverse refuse it.
//
// A batch is cut into spans, one per sequence, numbered row by row. Each starts from its own state, so a scan takes h0
// of shape (S, D) with S = number of spans (B where nothing is reset or packed). What a caller carries from batch to
// batch has one row for each stream: B, or S when packed. start_states and last_states translate between the two.
//
// Errors: a mask or lengths that do not fit (B, T); lengths outside 0 ... T; cu_seqlens that do not rise from 0 to T.
#pragma once

#include <memory>
#include <vector>

#include "../core/ids.h"
#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// Steps [begin, end) of a row, which run from the first or, in reverse, from the last.
struct Span {
  int64_t row = 0, begin = 0, end = 0;
  int64_t start = 0;    // row of h0 that it starts from; -1 for padding
  int64_t carried = 0;  // stream whose carried state it continues; -1 where the sequence begins anew
  int64_t stream = 0;   // that it belongs to; -1 for padding
  bool last = true;     // the stream runs through no span after it: what it ends with is carried on
};

// Spans in pooled memory, shared by copies.
class SCANGRAD_API SpanList {
 public:
  explicit SpanList(int64_t count) : buffer_(std::make_shared<Scratch<Span>>(count)), count_(count) {}
  int64_t size() const { return count_; }
  Span& operator[](int64_t i) const { return (*buffer_)[i]; }
  const Span* begin() const { return buffer_->data(); }
  const Span* end() const { return buffer_->data() + count_; }

 private:
  std::shared_ptr<Scratch<Span>> buffer_;
  int64_t count_;
};

class SCANGRAD_API Boundaries {
 public:
  Boundaries() = default;
  static Boundaries lengths(std::vector<int64_t> steps);
  static Boundaries reset(const Ids& mask);
  static Boundaries packed(std::vector<int64_t> cu_seqlens);

  [[nodiscard]] Boundaries reversed() const;

  bool any() const { return kind_ != Kind::kNone; }
  bool in_reverse() const { return in_reverse_; }
  // For ops that only know one way. Errors: these run in reverse.
  void check_forward(const char* op) const;
  // Every step of the batch, padding included, in spans ordered by row and time.
  SpanList spans(int64_t B, int64_t T) const;
  int64_t sequences(int64_t B, int64_t T) const;  // S, the rows of h0
  int64_t streams(int64_t B) const;               // rows of a carried state

 private:
  enum class Kind { kNone, kLengths, kReset, kPacked };
  void check_fits(int64_t B, int64_t T) const;

  Kind kind_ = Kind::kNone;
  bool in_reverse_ = false;
  std::vector<int64_t> sizes_;  // lengths, or cu_seqlens
  Ids mask_;
};

// h0 (S, D) of a batch (B, T): the carried state (streams, D) where a sequence goes on, `fresh` (D) where one begins
// anew. Either may be undefined, for zeros; both undefined gives an undefined result. Differentiable. Errors, here and
// below: shapes that disagree.
SCANGRAD_API Tensor start_states(const Tensor& carried, const Tensor& fresh, const Boundaries& at, int64_t B,
                                 int64_t T);

// Checks the starting states of an op, one row for each sequence. Errors: they are defined and have another shape than
// `needed`; the message calls them `name`.
SCANGRAD_API void check_starts(const char* op, const Tensor& starts, const Shape& needed, const char* name = "h0");

// The state (streams, D) after the step of h (B, T, D) at which each stream ends; a stream without steps keeps its row
// of starts (S, D). Differentiable.
SCANGRAD_API Tensor last_states(const Tensor& h, const Tensor& starts, const Boundaries& at);

}  // namespace scangrad::SCANGRAD_PRECISION
