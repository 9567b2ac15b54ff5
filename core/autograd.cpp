#include "autograd.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <new>
#include <queue>
#include <utility>

#include "check.h"
#include "observe/observer.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

std::atomic<uint64_t> next_id{1};
thread_local bool is_recording = true;

}  // namespace

// The gradient of one output of a node, while its parts arrive.
struct Gradient {
  Shape shape;
  Tensor value;
  bool written = false;
  bool placed = false;      // lies in the memory that place_grad() chose
  bool retained = false;    // kept after backward, for grad()
  uint64_t claimed_by = 0;  // id of the node that last got it to write

  Sink claim() {
    if (!value.defined()) value = Tensor(shape);
    if (written && !placed && is_shared(value)) value = value.clone();
    return {value.mutable_data(), std::exchange(written, true)};
  }
  static bool is_shared(const Tensor& tensor);
  // Takes over the tensor without a copy, unless it has to lie elsewhere or would be shared with a user of grad().
  void add(const Tensor& gradient) {
    if (!written && !placed && (!retained || !is_shared(gradient))) {
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

  Node(const char* op_name, const std::vector<Tensor>& inputs) : id(next_id++), op(op_name) {
    edges.reserve(inputs.size());
    for (const Tensor& input : inputs) {
      edges.push_back({input.node_, input.output_});
      if (!guard && input.node_) guard = input.node_->guard;
    }
  }
  ~Node() { release({std::move(edges), std::move(backward)}); }

  Gradient* gradient_of_input(int i) {
    const Edge& edge = edges[static_cast<size_t>(i)];
    return edge.node ? &edge.node->gradients[static_cast<size_t>(edge.output)] : nullptr;
  }

  // What a node owns of others: its edges, and what its backward captured.
  struct Remains {
    std::vector<Edge> edges;
    BackwardMany backward;
  };
  // Frees them without recursion: a node that is freed on the way hands its own remains to the running loop.
  static void release(Remains remains) noexcept {
    static thread_local std::vector<Remains>* running = nullptr;
    if (running != nullptr) return hand_over(*running, remains);
    std::vector<Remains> waiting;
    running = &waiting;
    hand_over(waiting, remains);
    while (!waiting.empty()) {
      const Remains last = std::move(waiting.back());
      waiting.pop_back();
    }
    running = nullptr;
  }
  // Without memory for the list, the caller keeps the remains and frees them by recursion.
  static void hand_over(std::vector<Remains>& waiting, Remains& remains) noexcept try {
    waiting.push_back(std::move(remains));
  } catch (const std::bad_alloc&) {
  }

  void check_fresh() const {
    check(is_leaf || backward != nullptr, "backward: the graph below {} was already consumed by an earlier backward",
          op);
  }

  const uint64_t id;
  const char* const op;
  std::vector<Edge> edges;
  std::vector<Gradient> gradients;          // of the outputs
  BackwardMany backward;                    // empty for a leaf, and after it has run
  std::shared_ptr<Guard> guard;             // of the first guarded leaf below
  std::unique_ptr<const std::string> name;  // of a leaf, or null
  bool is_leaf = false;
  bool queued = false;
};

// The functions that need the private members of Tensor.
class Autograd {
 public:
  static const std::shared_ptr<Node>& node(const Tensor& tensor) { return tensor.node_; }
  static bool is_shared(const Tensor& tensor) { return tensor.is_shared() || tensor.read_only(); }
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

  static Observer::Parts parts(const std::vector<Tensor>& tensors) {
    Observer::Parts parts;
    for (const Tensor& tensor : tensors) parts.push_back({tensor, tensor.node_ ? tensor.node_->name.get() : nullptr});
    return parts;
  }

  static void tell_forward(const char* op, uint64_t node, const std::vector<Tensor>& inputs,
                           const std::vector<Tensor>& results) {
    for (Observer* each = Observer::newest(); each != nullptr; each = each->before())
      each->forward_done(op, node, parts(inputs), parts(results));
  }

  static void tell_backward(Node& node) {
    if (Observer::newest() == nullptr) return;
    Observer::Parts written(node.edges.size());
    int64_t numbers = 0;
    for (const Gradient& gradient : node.gradients) numbers += gradient.shape.numel();
    for (size_t i = 0; i < written.size(); ++i) {
      const Gradient* const gradient = node.gradient_of_input(static_cast<int>(i));
      if (gradient == nullptr) continue;
      numbers += 2 * gradient->shape.numel();
      if (gradient->written) written[i] = {gradient->value, node.edges[i].node->name.get()};
    }
    for (Observer* each = Observer::newest(); each != nullptr; each = each->before())
      each->backward_done(node.op, node.id, written, numbers);
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
    tell_backward(node);
  }
};

// The nodes that still have to run, newest first.
class Queue {
 public:
  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  // Nodes are left only after an error: their gradients must not reach a later backward.
  ~Queue() {
    while (!empty()) {
      const std::shared_ptr<Node> node = pop();
      for (Gradient& gradient : node->gradients) gradient.clear();
    }
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

bool Gradient::is_shared(const Tensor& tensor) {
  return Autograd::is_shared(tensor);
}

bool Sinks::wanted(int input) const {
  return node_.gradient_of_input(input) != nullptr;
}

Sink Sinks::operator[](int input) {
  Gradient* const gradient = node_.gradient_of_input(input);
  if (gradient == nullptr) return {};
  if (std::exchange(gradient->claimed_by, node_.id) == node_.id) {
    twins_.push_back({input, Tensor(gradient->shape)});
    return {twins_.back().part.mutable_data(), false};
  }
  return gradient->claim();
}

Sink Sinks::over(int input, const Tensor& dy) {
  Gradient* const gradient = node_.gradient_of_input(input);
  if (gradient == nullptr || gradient->written || gradient->placed || gradient->claimed_by == node_.id ||
      gradient->shape != dy.shape() || Autograd::is_shared(dy))
    return (*this)[input];
  gradient->claimed_by = node_.id;
  gradient->value = dy;
  gradient->written = true;
  return {gradient->value.mutable_data(), false};
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
  if (into->claimed_by == node_.id)  // its kernel may still have to write it
    twins_.push_back({input, gradient});
  else
    into->add(gradient);
}

std::vector<Tensor> record(const char* op, std::vector<Tensor> ys, const std::vector<Tensor>& inputs,
                           BackwardMany backward) {
  const bool wanted = std::any_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.requires_grad(); });
  const auto node = is_recording && wanted ? std::make_shared<Node>(op, inputs) : nullptr;
  Autograd::tell_forward(op, node ? node->id : 0, inputs, ys);
  if (!node) return ys;
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

namespace {

// The guards that a backward has entered, each once. Mostly there is one, which all nodes share.
class Entered {
 public:
  void enter(const std::shared_ptr<Node>& node) {
    if (node && node->guard && !held_.contains(node->guard)) held_[node->guard] = node->guard->enter("backward");
  }

 private:
  std::map<std::shared_ptr<Guard>, std::shared_ptr<const void>> held_;
};

// The gradient that root i starts with. Throws if it cannot start.
Tensor seed(const Tensor& root, const Tensor& gradient, size_t i) {
  check(root.requires_grad(),
        "backward: root {} is outside any graph, but one op on a tensor that requires grad is needed", i);
  Autograd::node(root)->check_fresh();
  check(gradient.defined() || root.numel() == 1,
        "backward: root {} has shape {}, but without a gradient one element is needed", i, root.shape());
  if (!gradient.defined()) return Tensor::full(root.shape(), 1);
  check(gradient.shape() == root.shape(), "backward: gradient {} has shape {}, but its root has {}", i,
        gradient.shape(), root.shape());
  return gradient;
}

}  // namespace

void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients) {
  check(gradients.empty() || gradients.size() == roots.size(), "backward: {} gradients were given for {} roots",
        gradients.size(), roots.size());
  Entered guards;
  for (const Tensor& root : roots) guards.enter(Autograd::node(root));
  std::vector<Tensor> seeds;
  for (size_t i = 0; i < roots.size(); ++i)
    seeds.push_back(seed(roots[i], gradients.empty() ? Tensor() : gradients[i], i));
  Queue queue;
  for (size_t i = 0; i < roots.size(); ++i) {
    Autograd::gradient(roots[i]).add(seeds[i]);
    queue.push(Autograd::node(roots[i]));
  }
  seeds.clear();

  const NoGrad no_grad;
  while (!queue.empty()) {
    const std::shared_ptr<Node> node = queue.pop();
    node->check_fresh();
    for (const Node::Edge& edge : node->edges) {
      guards.enter(edge.node);
      queue.push(edge.node);
    }
    Autograd::run(*node);
    Node::release({std::exchange(node->edges, {}), nullptr});
  }
}

void set_guard(const Tensor& leaf, std::shared_ptr<Guard> guard) {
  check(leaf.requires_grad() && Autograd::node(leaf)->is_leaf, "autograd: set_guard needs a leaf");
  Autograd::node(leaf)->guard = std::move(guard);
}

std::shared_ptr<Guard> guard_of(const Tensor& tensor) {
  return tensor.requires_grad() ? Autograd::node(tensor)->guard : nullptr;
}

void set_name(const Tensor& leaf, const std::string& name) {
  check(leaf.requires_grad() && Autograd::node(leaf)->is_leaf, "autograd: set_name needs a leaf");
  Autograd::node(leaf)->name = std::make_unique<const std::string>(name);
}

void place_grad(const Tensor& leaf, Tensor place) {
  check(leaf.requires_grad() && Autograd::node(leaf)->is_leaf, "autograd: place_grad needs a leaf");
  check(place.defined(), "autograd: place_grad needs a defined place");
  check(leaf.shape() == place.shape(), "autograd: place has shape {}, but the leaf has {}", place.shape(),
        leaf.shape());
  Gradient& gradient = Autograd::gradient(leaf);
  if (gradient.written) place.copy_from(gradient.value);
  gradient.value = std::move(place);
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

}  // namespace scangrad::SCANGRAD_PRECISION
