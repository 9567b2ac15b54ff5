// The same bits for any number of threads.
//
//   check_threads([&] { return std::vector<Tensor>{sum(x), mean(x)}; });      // whatever is computed
//   check_threads(f, inputs);                                                 // results, and gradients of every input
//
// Only what is large enough to be shared shows anything: see threads_for.
#pragma once

#include <functional>

#include "testing.h"

namespace scangrad::SCANGRAD_PRECISION {

inline void check_threads(const std::function<std::vector<Tensor>()>& run) {
  std::vector<Tensor> one;
  for (const int count : {1, 2, 3, 4}) {
    INFO("threads: ", count);
    const WithThreads scope(count);
    const std::vector<Tensor> results = run();
    if (count == 1) one = results;
    REQUIRE(results.size() == one.size());
    for (size_t i = 0; i < one.size(); ++i) {
      INFO("tensor: ", i);
      CHECK(same_bits(results[i], one[i]));
    }
  }
}

inline void check_threads(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs) {
  check_threads([&] {
    std::vector<Tensor> leaves, ups;
    for (const Tensor& input : inputs) leaves.push_back(leaf(input.clone()));
    std::vector<Tensor> results = f(leaves);
    for (size_t i = 0; i < results.size(); ++i) ups.push_back(random_tensor(results[i].shape(), 90 + i));
    backward(results, ups);
    for (Tensor& result : results) result = result.detach();
    for (const Tensor& each : leaves) results.push_back(each.grad());
    return results;
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
