#include "../../../core/observe/observer.h"

#include <optional>
#include <thread>

#include "../../testing.h"
#include "../small_ops.h"

using namespace scangrad;

namespace {

using Lines = std::vector<std::string>;

// Writes down what it is told.
class Listener : public Observer {
 public:
  explicit Listener(Lines& lines, std::string who = "") : lines_(lines), who_(std::move(who)) {}

  void forward_done(const char* op, uint64_t node, const Parts& inputs, const Parts& results) override {
    lines_.push_back(who_ + op + (node == 0 ? " outside" : "") + names(inputs) + " = " +
                     std::to_string(int64_t(results.at(0).tensor.data()[0])));
    if (node != 0) node_ = node;
  }
  void backward_done(const char* op, uint64_t node, const Parts& gradients, int64_t numbers) override {
    lines_.push_back(who_ + "back " + op + names(gradients) + ", " + std::to_string(numbers));
    CHECK(node <= node_);
  }

 private:
  static std::string names(const Parts& parts) {
    std::string text;
    for (const Part& part : parts)
      text += (part.tensor.defined() ? " " : " -") + (part.name != nullptr ? *part.name : std::string());
    return text;
  }

  Lines& lines_;
  std::string who_;
  uint64_t node_ = 0;
};

class Other : public Listener {
  using Listener::Listener;
};

}  // namespace

TEST_CASE("observer: it is told of each op, forward and backward, with the names of leaves") {
  const Tensor w = leaf(vec({3, 3}));
  set_name(w, "w");
  const Tensor y = squared(w);  // no observer lives yet
  Lines lines;
  const Listener listener(lines);
  squared(vec({2}));
  const Tensor z = combine(y, vec({1, 1}), by_gifts);
  CHECK(lines == Lines{"squared outside  = 4", "combine   = 11"});
  lines.clear();
  backward({z}, {vec({1, 1})});
  // The result has 2 numbers; each wanted input and its gradient have 2 each.
  CHECK(lines == Lines{"back combine  -, 6", "back squared w, 6"});
}

TEST_CASE("observer: all existing observers of a thread are told, the newest first") {
  Lines lines;
  const Listener outer(lines, "outer: "), inner(lines, "inner: ");
  squared(vec({2}));
  CHECK(lines == Lines{"inner: squared outside  = 4", "outer: squared outside  = 4"});
  std::thread([] {
    CHECK(Observer::newest() == nullptr);
    squared(vec({2}));
  }).join();
  CHECK(lines.size() == 2);
}

TEST_CASE("observer: they may end in any order") {
  CHECK(Observer::newest() == nullptr);
  Lines lines;
  std::optional<Listener> first(std::in_place, lines, "first: "), second(std::in_place, lines, "second: ");
  std::optional<Other> third(std::in_place, lines, "third: ");
  CHECK(newest_observer<Other>() == &*third);
  CHECK(newest_observer<Listener>() == &*third);
  second.reset();
  squared(vec({1}));
  CHECK(lines == Lines{"third: squared outside  = 1", "first: squared outside  = 1"});
  third.reset();
  CHECK(Observer::newest() == &*first);
  CHECK(newest_observer<Other>() == nullptr);
  first.reset();
  CHECK(Observer::newest() == nullptr);
}
