// Finds where numbers stop being finite: while a NanWatch lives, it looks at the results of every op of this thread and
// at the gradients that its backward has written. The first tensor with NaN or an infinity is the finding.
//
//   NanWatch watch;
//   Tensor loss = ...;
//   loss.backward();
//   if (watch.found()) std::puts(watch.found()->text().c_str());
//
//   min_gru_scan after blocks.1.mixer gives nan in row 3 of its result
//
// If an input of the op was not finite already, the finding is this input: a parameter, or numbers that no op has
// computed, such as a batch. The message names a layer: the path of the op's parameters ("of"), or, for an op without
// parameters, the layer of the parameters that were used last ("after"). Rows are counted along the first axis, the
// batch; for parameters and for tensors with fewer than two axes the message counts elements.
//
// Cost: each result is read once more, and each gradient once more after every op that adds to it. Of several living
// watches of a thread the newest looks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "observer.h"

namespace scangrad::SCANGRAD_PRECISION {

// The first tensor that was not finite.
struct SCANGRAD_API NanFinding {
  enum class Role { kInput, kResult, kGradient };  // kGradient: of an input
  std::string op;                                  // the name given to record()
  std::string layer;                               // empty if no parameter was used before
  bool own_layer = false;                          // the op takes parameters of this layer
  Role role = Role::kResult;
  int index = 0;          // of the input or result
  std::string parameter;  // its name, if the tensor is a parameter
  Shape shape;
  std::vector<int64_t> rows;  // that are not finite; empty for a parameter and for fewer than two axes
  int64_t first = 0;          // the first element that is not finite
  double value = 0;           // its value
  int64_t nans = 0, infinities = 0;

  std::string text() const;
};

class SCANGRAD_API NanWatch : public Observer {
 public:
  // What was seen of an op in a layer, up to and including the finding.
  struct Seen {
    std::string op, layer;
    bool backward = false;
    int64_t calls = 0;
    Shape shape;         // of the tensor with the largest number
    double largest = 0;  // magnitude; infinite or NaN in the last row only
  };
  const std::optional<NanFinding>& found() const { return found_; }
  // In the order of first calls. After the finding nothing is added.
  const std::vector<Seen>& seen() const { return seen_; }

  // For code that writes parameters outside the graph, such as an optimizer.
  void record_update(const char* what, const Parts& parameters);

  void forward_done(const char* op, uint64_t node, const Parts& inputs, const Parts& results) override;
  void backward_done(const char* op, uint64_t node, const Parts& gradients, int64_t numbers) override;

 private:
  struct Place {
    int layer = -1;  // in layers_
    bool own = false;
  };
  void look(const char* op, Place place, bool backward, const Parts& parts);
  void find(const char* op, Place place, NanFinding::Role role, int index, const Part& part);
  int layer_of(const std::string& parameter);

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
