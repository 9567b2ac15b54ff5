// Where sequences begin and end inside a batch (B, T). Every op that reads earlier steps takes Boundaries: no step
// depends on a step of another sequence, or on padding.
//
//   Boundaries()               every row is one sequence of T steps
//   Boundaries::lengths(n)     row b holds n[b] steps, the rest is padding: results and gradients there are zero
//   Boundaries::reset(mask)    a nonzero mask[b, t] starts a new sequence at step t of row b
//   Boundaries::packed(cu)     the batch has one row, which holds sequences [cu[i], cu[i+1]); cu = 0, ..., T
//
// reversed() makes every sequence run from its last step to its first. Results stay at the positions of their inputs.
// The carried state then enters at the end of the row, and the state to carry on is the one after the row's first
// step, whether or not the mask is set there. An op that can only run forward throws an error.
//
// A batch is cut into spans, one for each sequence and each stretch of padding, numbered row by row. Each sequence has
// its own start state, so a scan takes h0 of shape (S, D), where S is the number of sequences (B where nothing is reset
// or packed). The state that a caller carries from batch to batch has one row for each stream: a stream is a row of the
// batch, or a sequence when packed. start_states and last_states convert between the two.
//
// Errors: a mask or lengths that do not fit (B, T); lengths outside 0 ... T; cu_seqlens that do not rise from 0 to T.
#pragma once

#include <memory>
#include <vector>

#include "../core/ids.h"
#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// Steps [begin, end) of a row: one sequence, or padding.
struct Span {
  int64_t row = 0, begin = 0, end = 0;
  int64_t start = 0;    // the row of h0 where the sequence starts; -1 for padding
  int64_t carried = 0;  // the stream that gives the start state; -1 where a new sequence begins
  int64_t stream = 0;   // the stream that the sequence belongs to; -1 for padding
  bool last = true;     // the last sequence of its stream: its last state is the one to carry on

  int64_t steps() const { return end - begin; }
  bool is_padding() const { return start < 0; }
};

// An array of spans in pooled memory. Copies share it.
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
  // For ops that can only run forward. Errors: these boundaries run in reverse.
  void check_forward(const char* op) const;
  // The spans of the batch, ordered by row and time. Together they hold every step, padding included.
  SpanList spans(int64_t B, int64_t T) const;
  int64_t sequences(int64_t B, int64_t T) const;  // S, the number of rows of h0
  int64_t streams(int64_t B) const;               // the number of rows of a carried state

 private:
  enum class Kind { kNone, kLengths, kReset, kPacked };
  void check_fits(int64_t B, int64_t T) const;

  Kind kind_ = Kind::kNone;
  bool in_reverse_ = false;
  std::vector<int64_t> sizes_;  // lengths, or cu_seqlens
  Ids mask_;
};

// The start states h0 (S, ...) of a batch (B, T): a row of `carried` (streams, ...) where a sequence continues its
// stream, `fresh` (...) where a new sequence begins. One that is undefined counts as zeros; if both are, so is the
// result. A state may have any shape: (D) of minGRU, (E, N) of Mamba. Differentiable. Errors, here and below: shapes
// that disagree.
SCANGRAD_API Tensor start_states(const Tensor& carried, const Tensor& fresh, const Boundaries& at, int64_t B,
                                 int64_t T);

// Checks the starting states of an op, one row for each sequence. Errors: they are defined and have another shape than
// `needed`; the message calls them `name`.
SCANGRAD_API void check_starts(const char* op, const Tensor& starts, const Shape& needed, const char* name = "h0");

// The last states (streams, ...): for each stream, the row of h (B, T, ...) at its last step. A stream without steps
// keeps its row of starts (S, ...). Differentiable.
SCANGRAD_API Tensor last_states(const Tensor& h, const Tensor& starts, const Boundaries& at);

}  // namespace scangrad::SCANGRAD_PRECISION
