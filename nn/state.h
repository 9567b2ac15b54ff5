// What a recurrent layer or model remembers between calls: named tensors, whose first axis is the batch, and a
// position.
//
//   State state(/*rows=*/64);              // 64 sequences, before their first step
//   Tensor y = layer(x, state);            // reads the state and replaces it with the state after x
//
// A layer reads its tensors by name and stores the new ones under the same names. An undefined tensor means that the
// layer starts from its own initial state:
//
//   const Tensor start = start_states(state["h"], {}, at, B, T);
//   const Tensor h = gru(projection, weight, bias, start, at);
//   state["h"] = last_states(h, start, at);
//
// A layer that consists of layers passes a part of its state to each. A part is a State inside the state, created at
// its first use:
//
//   for (size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i](x, state / "blocks" / i, at);
//
// Names with dots reach into parts: state.get("blocks.0.mixer.h"). Tensors and parts keep the order of their first use.
// A copy shares the tensors but changes independently, so `State before = state;` keeps a state to return to.
// References to tensors and parts stay valid as long as the state exists and nothing is assigned to it.
//
// Gradients flow through a carried state unless the caller cuts them: `state = state.detach();`.
//
// The position counts the steps of each row since its sequence began. Each State has its own. The code that reads a
// position (the outermost model, a KV cache) also advances it.
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

  // The tensor or part with this name. If there is none, it is created: an undefined tensor, a part at its start.
  // Errors: a name, or a word between dots, that is empty or "position"; more than 16 dots.
  Tensor& operator[](const std::string& name);
  State& operator/(const std::string& name);
  State& operator/(int64_t index) { return *this / std::to_string(index); }
  // Errors: no tensor with this name is defined; the first axis of a tensor is not rows().
  Tensor get(const std::string& name) const;
  void set(const std::string& name, const Tensor& tensor);
  // Every defined tensor with its full name: first the state's own, then those of its parts.
  std::vector<std::pair<std::string, Tensor>> list() const;

  [[nodiscard]] State detach() const;  // the same numbers, cut off from the graph
  // rows(): the chosen rows, in any order, with repetitions. merge(): the rows of several states, one state after the
  // other. Both are differentiable. Errors: a row that does not exist; no parts, or parts with different tensors.
  [[nodiscard]] State rows(const std::vector<int64_t>& which) const;
  static State merge(const std::vector<State>& parts);

  // Saves all tensors and positions under names that begin with the prefix, and loads them.
  // Errors of load(): the file holds no such state, or one that contradicts itself.
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
  std::vector<int64_t> positions_{0};  // one number for all rows, or one for each row
  std::list<std::pair<std::string, Tensor>> tensors_;
  std::list<std::pair<std::string, State>> parts_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
