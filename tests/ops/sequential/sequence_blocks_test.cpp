#include "../../../ops/sequential/sequence_blocks.h"

#include <mutex>

#include "../../testing.h"

using namespace scangrad;

namespace {

// The spans in the order of the blocks, each as its row of h0.
std::vector<int64_t> order(const SequenceBlocks& sequences) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < sequences.count(); ++i) result.push_back(sequences[i].start);
  return result;
}

}  // namespace

TEST_CASE("sequence_blocks: the longest sequence comes first, and equal ones keep their order") {
  const SequenceBlocks sequences(Boundaries::packed({0, 2, 5, 5, 7, 10}), 1, 10);
  CHECK(order(sequences) == std::vector<int64_t>{1, 4, 0, 3, 2});
  CHECK(sequences.steps(0) == 3);
  CHECK(sequences.steps(4) == 0);
  CHECK(sequences.all_steps() == 10);
  CHECK(sequences.row(1, 2) == 9);
}

TEST_CASE("sequence_blocks: in reverse, step 0 is the last step of the sequence") {
  const SequenceBlocks sequences(Boundaries::lengths({1, 3}).reversed(), 2, 4);
  CHECK(order(sequences) == std::vector<int64_t>{1, 0});
  CHECK(sequences.row(0, 0) == 6);
  CHECK(sequences.row(0, 2) == 4);
  CHECK(sequences.row(1, 0) == 0);
}

TEST_CASE("sequence_blocks: padding belongs to no sequence and is set to zero") {
  const SequenceBlocks sequences(Boundaries::lengths({1, 3, 0}), 3, 3);
  CHECK(order(sequences) == std::vector<int64_t>{1, 0, 2});
  CHECK(sequences.spans().size() == 6);
  Tensor x = Tensor::full({9, 2}, 1);
  sequences.clear_padding(x.mutable_data(), 2);
  CHECK(x.values() == std::vector<real>{1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("sequence_blocks: blocks hold every sequence once, and have separate memory") {
  const SequenceBlocks sequences(Boundaries(), 11, 4);
  for (const int threads : {1, 3}) {
    const WithThreads with(threads);
    std::vector<int64_t> times(11);
    std::mutex mutex;
    sequences.each_block(1 << 30, 4, 5, [&](int64_t first, int64_t last, real* scratch) {
      std::fill_n(scratch, 4 * 5, static_cast<real>(first));
      const std::lock_guard lock(mutex);
      CHECK(last - first <= 4);
      for (int64_t i = first; i < last; ++i) ++times[static_cast<size_t>(i)];
      CHECK(scratch[4 * 5 - 1] == static_cast<real>(first));
    });
    CHECK(times == std::vector<int64_t>(11, 1));
  }
}

TEST_CASE("sequence_blocks: a batch without sequences has no block") {
  const SequenceBlocks sequences(Boundaries(), 0, 4);
  CHECK(sequences.count() == 0);
  sequences.each_block(1, 4, 1, [](int64_t, int64_t, real*) { CHECK(false); });
}
