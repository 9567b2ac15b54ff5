// Finds where numbers stop being finite: while a NanWatch lives, every op of this thread shows it its results and the
// gradients that its backward has written, and the first that holds NaN or an infinity is the finding.
//
//   NanWatch watch;
//   Tensor loss = ...;
//   loss.backward();
//   if (watch.found()) std::puts(watch.found()->text().c_str());
//
//   min_gru_scan behind blocks.1.mixer gives nan in row 3 of its result
//
// A result that is not finite because an input was not is the input's: a parameter's, or that of numbers which no op
// made, such as a batch. Its layer is the path of the parameters that an op takes ("of"); an op without parameters has
// the layer whose parameters were used last before it ("behind"). Rows are places along the first axis, which is that
// of the batch; parameters and tensors with fewer than two axes have elements instead.
//
// Cost: each result is read once more, and each gradient once more after every op that adds to it. Where no NanWatch
// lives: a test of a pointer for each op.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "../tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// The first tensor that was not finite.
struct SCANGRAD_API NanFinding {
  enum class Role { kInput, kResult, kGradient };  // the last: of an input
  std::string op;                                  // as record() knows it
  std::string layer;                               // empty where no parameter was used yet
  bool own_layer = false;                          // the op takes parameters of it
  Role role = Role::kResult;
  int index = 0;          // of the input or result
  std::string parameter;  // the name, where the tensor is one
  Shape shape;
  std::vector<int64_t> rows;  // with such a number; empty for a parameter and below two axes
  int64_t first = 0;          // element that is not finite
  double value = 0;           // that it holds
  int64_t nans = 0, infinities = 0;

  std::string text() const;
};

class SCANGRAD_API NanWatch {
 public:
  // What was seen of an op in a layer, before the finding and with it.
  struct Seen {
    std::string op, layer;
    bool backward = false;
    int64_t calls = 0;
    Shape shape;         // of the tensor with the largest number
    double largest = 0;  // magnitude; infinite or NaN in the last row only
  };
  // A tensor, and its name where it is a parameter.
  struct Part {
    Tensor tensor;
    const std::string* name = nullptr;
  };

  NanWatch();
  ~NanWatch();
  NanWatch(const NanWatch&) = delete;
  NanWatch& operator=(const NanWatch&) = delete;

  const std::optional<NanFinding>& found() const { return found_; }
  // In the order in which they first came. Nothing is added behind a finding.
  const std::vector<Seen>& seen() const { return seen_; }

  // For what writes parameters outside the graph, such as an optimizer.
  void record_update(const char* what, const std::vector<Part>& parameters);
  // For the graph: an op's forward or backward is done. `node` is its place in the graph; 0: in none.
  void record_forward(const char* op, uint64_t node, const std::vector<Part>& inputs, const std::vector<Part>& results);
  void record_backward(const char* op, uint64_t node, const std::vector<Part>& gradients);

 private:
  struct Place {
    int layer = -1;  // in layers_
    bool own = false;
  };
  Place place_of(const std::vector<Part>& parts) const;
  void look(const char* op, Place place, bool backward, const std::vector<Part>& parts);
  void find(const char* op, Place place, NanFinding::Role role, int index, const Part& part);
  int layer_of(const std::string& parameter);

  NanWatch* before_;
  std::optional<NanFinding> found_;
  std::vector<Seen> seen_;
  std::map<std::tuple<std::string_view, int, bool>, size_t> rows_;  // of op, layer and direction in seen_
  std::vector<std::string> layers_;
  std::unordered_map<std::string, int> layer_index_;
  std::unordered_map<uint64_t, Place> places_;  // of nodes
  int last_ = -1;                               // layer whose parameters were used last
};

// The newest living NanWatch of this thread, or null.
SCANGRAD_API NanWatch* watching_nan();

}  // namespace scangrad::SCANGRAD_PRECISION
