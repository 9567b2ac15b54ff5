// What a recurrent layer or model remembers between calls: named tensors, batch first, and a position.
//
//   State state(/*rows=*/64);              // the start of 64 sequences
//   Tensor y = layer(x, state);            // reads the state and replaces it by the one after x
//
// A layer finds its tensors by name and leaves the next ones there. One that is undefined means the layer's own start:
//
//   const Tensor start = start_states(state["h"], {}, at, B, T);
//   const Tensor h = gru(projection, weight, bias, start, at);
//   state["h"] = last_states(h, start, at);
//
// A layer made of layers hands each one its part. A part is a State inside the state, there from its first use on:
//
//   for (size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i](x, state / "blocks" / i, at);
//
// Dotted names reach inside: state.get("blocks.0.mixer.h"). Order is the order of first use. Copies share tensors but
// are states of their own: `State before = state;` is a place to come back to. References to tensors and parts stay
// good as long as the state lives and nothing is assigned to it.
//
// Gradients flow through a carried state unless the caller cuts them: `state = state.detach();`.
//
// The position counts the steps of each row since its sequence began. Each State keeps its own; whoever reads it (the
// outermost model, a KV cache) advances it.
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SafetensorsFile;
class SafetensorsWriter;

class SCANGRAD_API State {
 public:
  // Errors: fewer than 1 row.
  explicit State(int64_t rows = 1);
  int64_t rows() const { return rows_; }

  // The tensor or part of that name, made where there is none: a tensor undefined, a part at its start.
  // Errors: a name, or one between dots, that is empty or "position"; more than 16 dots.
  Tensor& operator[](const std::string& name);
  State& operator/(const std::string& name);
  State& operator/(int64_t index) { return *this / std::to_string(index); }
  // Errors: no tensor of that name is defined; a tensor whose first axis is not rows().
  Tensor get(const std::string& name) const;
  void set(const std::string& name, const Tensor& tensor);
  // Every defined tensor with its dotted name, those of parts after the state's own.
  std::vector<std::pair<std::string, Tensor>> list() const;

  [[nodiscard]] State detach() const;  // the same numbers outside the graph
  // Some of the rows, in any order, also repeatedly; and the rows of several states in order. Differentiable.
  // Errors: a row that is not there; no parts, or parts that do not hold the same tensors.
  [[nodiscard]] State rows(const std::vector<int64_t>& which) const;
  static State merge(const std::vector<State>& parts);

  // Everything under names that begin with the prefix, positions included.
  // Errors of load(): a file without such a state, or with one that does not hold together.
  void save(SafetensorsWriter& writer, const std::string& prefix = "") const;
  static State load(const SafetensorsFile& file, const std::string& prefix = "");

  int64_t position(int64_t row = 0) const;
  void set_position(int64_t row, int64_t position);
  void advance(int64_t steps);

 private:
  template <class F>
  void visit(const std::string& prefix, F f) const;
  State& part(const std::string& prefix);
  void check_row(int64_t row) const;

  int64_t rows_;
  std::vector<int64_t> positions_{0};  // one for all rows, or one for each
  std::list<std::pair<std::string, Tensor>> tensors_;
  std::list<std::pair<std::string, State>> parts_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
