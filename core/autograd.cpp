#include "autograd.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <queue>
#include <utility>

#include "check.h"
#include "loops.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

std::atomic<uint64_t> next_id{0};
thread_local bool is_recording = true;
thread_local bool is_detecting_nan = false;

void check_finite(const char* op, const char* what, const Tensor& tensor) {
  const real* const data = tensor.data();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    check(std::isfinite(data[i]), "{}: {} of shape {} holds {} at element {}", op, what, tensor.shape(), data[i], i);
}

}  // namespace

// The gradient of one output of a node, while it is gathered.
struct Gradient {
  Shape shape;
  Tensor value;
  bool written = false;
  bool placed = false;    // lies in a buffer chosen by place_grad
  bool retained = false;  // stays after backward, for grad()

  Sink claim() {
    if (!value.defined()) value = Tensor(shape);
    if (written && !placed && is_shared()) value = value.clone();
    return {value.mutable_data(), std::exchange(written, true)};
  }
  bool is_shared() const;
  void add(const Tensor& gradient) {
    if (!written && !placed) {
      value = gradient.detach();
      written = true;
      return;
    }
    const real* const from = gradient.data();
    accumulate(claim(), shape.numel(), [=](int64_t i) { return from[i]; });
  }
  void clear() {
    written = false;
    if (!placed) value = Tensor();
  }
};

class Node {
 public:
  struct Edge {
    std::shared_ptr<Node> node;  // null when the input needs no gradient
    int output = 0;
  };

  Node(const char* name, const std::vector<Tensor>& inputs) : id(next_id++), op(name) {
    edges.reserve(inputs.size());
    for (const Tensor& input : inputs) edges.push_back({input.node_, input.output_});
  }
  ~Node() { release(std::move(edges)); }

  Gradient* gradient_of_input(int i) {
    const Edge& edge = edges[static_cast<size_t>(i)];
    return edge.node ? &edge.node->gradients[static_cast<size_t>(edge.output)] : nullptr;
  }

  // Lets go of edges without recursion: a node that dies on the way hands its own edges to the loop that is running.
  static void release(std::vector<Edge> edges) {
    static thread_local std::vector<std::shared_ptr<Node>>* running = nullptr;
    std::vector<std::shared_ptr<Node>> own;
    std::vector<std::shared_ptr<Node>>& waiting = running != nullptr ? *running : own;
    for (Edge& edge : edges)
      if (edge.node) waiting.push_back(std::move(edge.node));
    if (running != nullptr) return;
    running = &own;
    while (!own.empty()) {
      const std::shared_ptr<Node> last = std::move(own.back());
      own.pop_back();
    }
    running = nullptr;
  }

  const uint64_t id;
  const char* const op;
  std::vector<Edge> edges;
  std::vector<Gradient> gradients;  // of the outputs
  BackwardMany backward;            // empty for a leaf, and once it has run
  bool is_leaf = false;
  bool queued = false;
};

// What needs to see inside a Tensor.
class Autograd {
 public:
  static const std::shared_ptr<Node>& node(const Tensor& tensor) { return tensor.node_; }
  static bool is_shared(const Tensor& tensor) { return tensor.storage_.use_count() > 1; }
  static Gradient& gradient(const Tensor& tensor) { return tensor.node_->gradients[size_t(tensor.output_)]; }

  static void attach(std::vector<Tensor>& outputs, const std::shared_ptr<Node>& node) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      Gradient gradient;
      gradient.shape = outputs[i].shape();
      node->gradients.push_back(std::move(gradient));
      outputs[i].node_ = node;
      outputs[i].output_ = static_cast<int>(i);
    }
  }

  static void run(Node& node) {
    std::vector<Tensor> dy;
    bool any = false;
    for (Gradient& gradient : node.gradients) {
      dy.push_back(gradient.written ? gradient.value : Tensor());
      any |= gradient.written;
      if (!gradient.retained) gradient.clear();
    }
    const BackwardMany backward = std::exchange(node.backward, nullptr);
    if (!any) return;
    Sinks sinks(node);
    backward(dy, sinks);
    dy.clear();
    for (const Sinks::Twin& twin : sinks.twins_) node.gradient_of_input(twin.input)->add(twin.part);
    if (is_detecting_nan)
      for (int i = 0; i < static_cast<int>(node.edges.size()); ++i)
        if (const Gradient* const gradient = node.gradient_of_input(i); gradient != nullptr && gradient->written)
          check_finite(node.op, "gradient of an input", gradient->value);
  }
};

// Nodes still to run, newest first.
class Queue {
 public:
  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    while (!empty()) pop();
  }
  bool empty() const { return heap_.empty(); }
  void push(const std::shared_ptr<Node>& node) {
    if (!node || node->is_leaf || std::exchange(node->queued, true)) return;
    heap_.push(node);
  }
  std::shared_ptr<Node> pop() {
    std::shared_ptr<Node> node = heap_.top();
    heap_.pop();
    node->queued = false;
    return node;
  }

 private:
  struct Older {
    bool operator()(const std::shared_ptr<Node>& a, const std::shared_ptr<Node>& b) const { return a->id < b->id; }
  };
  std::priority_queue<std::shared_ptr<Node>, std::vector<std::shared_ptr<Node>>, Older> heap_;
};

bool Gradient::is_shared() const {
  return Autograd::is_shared(value);
}

bool Sinks::wanted(int input) const {
  return node_.gradient_of_input(input) != nullptr;
}

Sink Sinks::operator[](int input) {
  Gradient* const gradient = node_.gradient_of_input(input);
  if (gradient == nullptr) return {};
  if (std::find(claimed_.begin(), claimed_.end(), gradient) != claimed_.end()) {
    twins_.push_back({input, Tensor(gradient->shape)});
    return {twins_.back().part.mutable_data(), false};
  }
  claimed_.push_back(gradient);
  return gradient->claim();
}

real* Sinks::zeroed(int input) {
  const Sink sink = (*this)[input];
  if (sink && !sink.add) std::fill_n(sink.data, node_.gradient_of_input(input)->shape.numel(), real(0));
  return sink.data;
}

void Sinks::give(int input, const Tensor& gradient) {
  Gradient* const into = node_.gradient_of_input(input);
  if (into == nullptr) return;
  check(gradient.shape() == into->shape, "{}: gradient of input {} has shape {}, but the input has {}", node_.op, input,
        gradient.shape(), into->shape);
  into->add(gradient);
}

const Tensor& Saved::get() const {
  check(tensor_.version() == version_, "backward: a tensor of shape {} was overwritten after an op saved it",
        tensor_.shape());
  return tensor_;
}

std::vector<Tensor> record(const char* op, std::vector<Tensor> ys, const std::vector<Tensor>& inputs,
                           BackwardMany backward) {
  if (is_detecting_nan)
    for (const Tensor& y : ys) check_finite(op, "result", y);
  const bool wanted = std::any_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.requires_grad(); });
  if (!is_recording || !wanted) return ys;
  const auto node = std::make_shared<Node>(op, inputs);
  node->backward = std::move(backward);
  Autograd::attach(ys, node);
  return ys;
}

Tensor record(const char* op, Tensor y, const std::vector<Tensor>& inputs, Backward backward) {
  std::vector<Tensor> ys;
  ys.push_back(std::move(y));
  ys = record(op, std::move(ys), inputs,
              [backward = std::move(backward)](const std::vector<Tensor>& dy, Sinks& into) { backward(dy[0], into); });
  return std::move(ys[0]);
}

void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients) {
  check(gradients.empty() || gradients.size() == roots.size(), "backward: {} gradients were given for {} roots",
        gradients.size(), roots.size());
  Queue queue;
  for (size_t i = 0; i < roots.size(); ++i) {
    const Tensor& root = roots[i];
    check(root.requires_grad(),
          "backward: root {} is outside any graph, but one op on a tensor that requires grad is needed", i);
    Tensor gradient = i < gradients.size() ? gradients[i] : Tensor();
    if (!gradient.defined()) {
      check(root.numel() == 1, "backward: root {} has shape {}, but without a gradient one element is needed", i,
            root.shape());
      gradient = Tensor::full(root.shape(), 1);
    }
    check(gradient.shape() == root.shape(), "backward: gradient {} has shape {}, but its root has {}", i,
          gradient.shape(), root.shape());
    Autograd::gradient(root).add(gradient);
  }
  for (const Tensor& root : roots) queue.push(Autograd::node(root));

  const NoGrad no_grad;
  while (!queue.empty()) {
    const std::shared_ptr<Node> node = queue.pop();
    check(node->backward != nullptr, "backward: the graph below {} was already consumed by an earlier backward",
          node->op);
    for (const Node::Edge& edge : node->edges) queue.push(edge.node);
    Autograd::run(*node);
    Node::release(std::exchange(node->edges, {}));
  }
}

void place_grad(const Tensor& leaf, const Tensor& place) {
  check(leaf.requires_grad() && leaf.shape() == place.shape(),
        "autograd: place has shape {}, but a leaf of shape {} needs its own", place.shape(), leaf.shape());
  Gradient& gradient = Autograd::gradient(leaf);
  Tensor target = place;
  if (gradient.written) target.copy_from(gradient.value);
  gradient.value = target;
  gradient.placed = true;
}

bool has_grad(const Tensor& leaf) {
  return leaf.requires_grad() && Autograd::gradient(leaf).written;
}

void Tensor::set_requires_grad(bool value) {
  if (!value) {
    node_ = nullptr;
    return;
  }
  if (requires_grad()) return;
  check(defined(), "tensor: set_requires_grad needs a defined tensor");
  const auto node = std::make_shared<Node>("leaf", std::vector<Tensor>{});
  node->is_leaf = true;
  std::vector<Tensor> outputs{*this};
  Autograd::attach(outputs, node);
  *this = outputs[0];
  Autograd::gradient(*this).retained = true;
}

void Tensor::retain_grad() const {
  check(requires_grad(), "tensor: retain_grad needs a tensor inside a graph");
  Autograd::gradient(*this).retained = true;
}

Tensor Tensor::grad() const {
  if (!requires_grad()) return {};
  const Gradient& gradient = Autograd::gradient(*this);
  return gradient.written ? gradient.value : Tensor();
}

void Tensor::zero_grad() const {
  if (requires_grad()) Autograd::gradient(*this).clear();
}

void Tensor::backward() const {
  scangrad::backward({*this});
}

bool recording() {
  return is_recording;
}
Recording::Recording(bool on) : before_(std::exchange(is_recording, on)) {}
Recording::~Recording() {
  is_recording = before_;
}
DetectNan::DetectNan() : before_(std::exchange(is_detecting_nan, true)) {}
DetectNan::~DetectNan() {
  is_detecting_nan = before_;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
