// What the tape tells those who watch it: Profile and NanWatch are observers.
//
// While an observer lives, it is told of every op of its thread: when record() took its result, and when its backward
// returned. Several may live at once; each is told, the newest first. An op outside any observer pays for one look at
// a pointer of its thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Observer {
 public:
  // A tensor, and its name where it is a parameter.
  struct Part {
    Tensor tensor;
    const std::string* name = nullptr;
  };
  using Parts = std::vector<Part>;

  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // `node` is the number of the op in the graph; 0: it is in none.
  virtual void forward_done(const char* op, uint64_t node, const Parts& inputs, const Parts& results) = 0;
  // `gradients` are those of the inputs, undefined where backward has written none. `numbers` counts the elements of
  // the results' gradients, and of each input that wants a gradient together with this gradient.
  virtual void backward_done(const char* op, uint64_t node, const Parts& gradients, int64_t numbers) = 0;

  // The newest living observer of this thread, or null; and the one that was there before this one.
  static Observer* newest();
  Observer* before() const { return before_; }

 protected:
  Observer();
  virtual ~Observer();

 private:
  Observer* before_;
};

// The newest living observer of this thread that is a T, or null.
template <class T>
T* newest_observer() {
  for (Observer* each = Observer::newest(); each != nullptr; each = each->before())
    if (T* const found = dynamic_cast<T*>(each)) return found;
  return nullptr;
}

}  // namespace scangrad::SCANGRAD_PRECISION
