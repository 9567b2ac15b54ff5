// The same bits for any number of threads: results and gradients of every input, for inputs large enough to be shared.
#pragma once

#include <functional>

#include "../testing.h"

namespace scangrad::inline SCANGRAD_PRECISION {

inline void check_threads(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs) {
  const auto run = [&](int threads) {
    const WithThreads with(threads);
    std::vector<Tensor> leaves, ups;
    for (const Tensor& input : inputs) leaves.push_back(leaf(input.clone()));
    std::vector<Tensor> results = f(leaves);
    for (size_t i = 0; i < results.size(); ++i) ups.push_back(random_tensor(results[i].shape(), 90 + i));
    backward(results, ups);
    for (Tensor& result : results) result = result.detach();
    for (const Tensor& each : leaves) results.push_back(each.grad());
    return results;
  };
  const std::vector<Tensor> one = run(1);
  for (const int threads : {2, 3, 4}) {
    const std::vector<Tensor> more = run(threads);
    for (size_t i = 0; i < one.size(); ++i) CHECK(same_bits(more[i], one[i]));
  }
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
