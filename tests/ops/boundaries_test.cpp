#include "../../ops/boundaries.h"

#include "../testing.h"

using namespace scangrad;

namespace {

struct Plain {
  int64_t row, begin, end, start, carried;
  bool operator==(const Plain&) const = default;
};
std::vector<Plain> plain(const SpanList& spans) {
  std::vector<Plain> result;
  for (const Span& s : spans) result.push_back({s.row, s.begin, s.end, s.start, s.carried});
  return result;
}

const Ids mask({2, 4}, {1, 0, 1, 0, 0, 0, 0, 1});

}  // namespace

TEST_CASE("boundaries: spans cover each kind of batch") {
  CHECK(plain(Boundaries().spans(2, 4)) == std::vector<Plain>{{0, 0, 4, 0, 0}, {1, 0, 4, 1, 1}});
  CHECK(plain(Boundaries::lengths({4, 1}).spans(2, 4)) ==
        std::vector<Plain>{{0, 0, 4, 0, 0}, {0, 4, 4, -1, -1}, {1, 0, 1, 1, 1}, {1, 1, 4, -1, -1}});
  CHECK(plain(Boundaries::packed({0, 3, 3, 4}).spans(1, 4)) ==
        std::vector<Plain>{{0, 0, 3, 0, 0}, {0, 3, 3, 1, 1}, {0, 3, 4, 2, 2}});
  CHECK(plain(Boundaries::reset(mask).spans(2, 4)) ==
        std::vector<Plain>{{0, 0, 2, 0, -1}, {0, 2, 4, 1, -1}, {1, 0, 3, 2, 1}, {1, 3, 4, 3, -1}});
}

TEST_CASE("boundaries: spans know their stream, and which of its sequences is the last") {
  const auto streams = [](const SpanList& spans) {
    std::vector<std::pair<int64_t, bool>> result;
    for (const Span& s : spans) result.emplace_back(s.stream, s.last);
    return result;
  };
  using Streams = std::vector<std::pair<int64_t, bool>>;
  CHECK(streams(Boundaries().spans(2, 4)) == Streams{{0, true}, {1, true}});
  CHECK(streams(Boundaries().spans(1, 0)) == Streams{{0, true}});
  CHECK(streams(Boundaries::lengths({4, 0}).spans(2, 4)) == Streams{{0, true}, {-1, false}, {1, true}, {-1, false}});
  CHECK(streams(Boundaries::packed({0, 3, 3, 4}).spans(1, 4)) == Streams{{0, true}, {1, true}, {2, true}});
  CHECK(streams(Boundaries::reset(mask).spans(2, 4)) == Streams{{0, false}, {0, true}, {1, false}, {1, true}});
}

TEST_CASE("boundaries: sequences start from the carried state or from a fresh one") {
  const Tensor carried = random_tensor({2, 3}, 1), fresh = random_tensor({3}, 2);
  const Boundaries at = Boundaries::reset(mask);
  const Tensor starts = start_states(carried, fresh, at, 2, 4);
  CHECK(starts.shape() == Shape{4, 3});
  for (int64_t d = 0; d < 3; ++d) {
    CHECK(starts.data()[d] == fresh.data()[d]);
    CHECK(starts.data()[2 * 3 + d] == carried.data()[3 + d]);
  }
  CHECK(!start_states({}, {}, at, 2, 4).defined());
  CHECK(same_bits(start_states(carried, fresh, {}, 2, 4), carried));
  CHECK(start_states({}, fresh, {}, 2, 4).values()[4] == fresh.values()[1]);
  const auto f = [&](const std::vector<Tensor>& in) { return start_states(in[0], in[1], at, 2, 4); };
  CHECK(gradcheck(f, {carried, fresh}) < kGradTolerance);
  CHECK(gradcheck(f, {carried, Tensor()}) < kGradTolerance);
  CHECK(gradcheck(f, {Tensor(), fresh}) < kGradTolerance);
}

TEST_CASE("boundaries: the last state of each stream is found in either direction") {
  const Tensor h = random_tensor({2, 4, 3}, 1), starts = random_tensor({2, 3}, 2);
  const auto at_step = [&](const Tensor& last, int64_t stream, int64_t row, int64_t t) {
    for (int64_t d = 0; d < 3; ++d) CHECK(last.data()[stream * 3 + d] == h.data()[(row * 4 + t) * 3 + d]);
  };
  const Tensor whole = last_states(h, starts, {});
  at_step(whole, 0, 0, 3);
  at_step(whole, 1, 1, 3);
  at_step(last_states(h, starts, Boundaries().reversed()), 1, 1, 0);
  const Tensor padded = last_states(h, starts, Boundaries::lengths({2, 0}));
  at_step(padded, 0, 0, 1);
  CHECK(padded.values()[4] == starts.values()[4]);  // no step: the state stays
  CHECK(last_states(h, {}, Boundaries::lengths({2, 0})).values()[4] == 0);
  const Tensor four = random_tensor({4, 3}, 3);
  at_step(last_states(h, four, Boundaries::reset(mask)), 0, 0, 3);
  at_step(last_states(h, four, Boundaries::reset(mask).reversed()), 1, 1, 0);

  for (const Boundaries& at : {Boundaries(), Boundaries::lengths({2, 0})})
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return last_states(in[0], in[1], at); }, {h, starts}) <
          kGradTolerance);
}

TEST_CASE("boundaries: the states of a step may have any shape") {
  const Tensor carried = random_tensor({2, 3, 2}, 1), fresh = random_tensor({3, 2}, 2),
               h = random_tensor({2, 4, 3, 2}, 3);
  const Boundaries at = Boundaries::reset(mask);
  const Tensor starts = start_states(carried, fresh, at, 2, 4), last = last_states(h, starts, at);
  CHECK((starts.shape() == Shape{4, 3, 2} && last.shape() == Shape{2, 3, 2}));
  const auto flat = [](const Tensor& t, const Shape& shape) { return t.reshape(shape); };
  const Tensor flat_starts = start_states(flat(carried, {2, 6}), flat(fresh, {6}), at, 2, 4);
  CHECK(same_bits(flat(starts, {4, 6}), flat_starts));
  CHECK(same_bits(flat(last, {2, 6}), last_states(flat(h, {2, 4, 6}), flat_starts, at)));
  CHECK(gradcheck([&](const std::vector<Tensor>& in) { return start_states(in[0], in[1], at, 2, 4); },
                  {carried, fresh}) < kGradTolerance);
  CHECK(gradcheck([&](const std::vector<Tensor>& in) { return last_states(in[0], in[1], at); }, {h, starts}) <
        kGradTolerance);
  CHECK(start_states({}, fresh, at, 2, 4).shape() == Shape{4, 3, 2});
  CHECK(error_of([&] {
          start_states(carried, random_tensor({2, 3}, 1), at, 2, 4);
        }) == "boundaries: fresh state has shape [2, 3], but [3, 2] is needed");
}

TEST_CASE("boundaries: in reverse a carried state enters at the last step and leaves at the first") {
  const Tensor carried = random_tensor({2, 3}, 1), fresh = random_tensor({3}, 2), h = random_tensor({2, 4, 3}, 3);
  const Boundaries at = Boundaries::reset(Ids({2, 4}, {0, 0, 1, 0, 1, 0, 0, 0})).reversed();
  const Tensor starts = start_states(carried, fresh, at, 2, 4);
  REQUIRE(starts.shape() == Shape{3, 3});  // row 0 is cut before its step 2, row 1 is whole
  for (int64_t d = 0; d < 3; ++d) {
    CHECK(starts.data()[d] == fresh.data()[d]);
    CHECK(starts.data()[3 + d] == carried.data()[d]);
    CHECK(starts.data()[6 + d] == carried.data()[3 + d]);
    CHECK(last_states(h, starts, at).data()[d] == h.data()[d]);
  }
  CHECK(at.reversed().in_reverse() == false);
}

TEST_CASE("boundaries: an op without a reverse form refuses reverse") {
  CHECK(error_of([] { Boundaries().reversed().check_forward("conv"); }) ==
        "conv: sequences run in reverse, but only forward is possible");
  Boundaries().check_forward("conv");
}

TEST_CASE("boundaries: errors name wrong sizes") {
  CHECK(error_of([] {
          Boundaries::lengths({1, 2, 3}).spans(2, 4);
        }) == "boundaries: lengths has 3 entries, but the batch has 2 rows");
  CHECK(error_of([] {
          Boundaries::lengths({1, 5}).spans(2, 4);
        }) == "boundaries: lengths holds 5, but 0 to 4 is needed");
  CHECK(error_of([] {
          Boundaries::lengths({-1, 4}).spans(2, 4);
        }) == "boundaries: lengths holds -1, but 0 to 4 is needed");
  CHECK(error_of([] { Boundaries::reset(mask).sequences(2, 5); }) ==
        "boundaries: reset mask has shape [2, 4], but the batch is [2, 5]");
  CHECK(error_of([] { Boundaries::reset(Ids()); }) == "boundaries: reset mask has shape [], but (B, T) is needed");
  CHECK(error_of([] {
          Boundaries::packed({0, 3}).spans(1, 4);
        }) == "boundaries: cu_seqlens ends at 3 in one row, but the batch is [1, 4]");
  CHECK(error_of([] {
          Boundaries::packed({0, 3, 2});
        }) == "boundaries: cu_seqlens has 3 entries from 0 to 2, but at least 2 that rise from 0 are needed");
  const Tensor state = Tensor::zeros({3, 2});
  CHECK(error_of([&] { start_states(state, {}, {}, 2, 4); }) ==
        "boundaries: carried state has shape [3, 2], but [2, 2] is needed");
  CHECK(error_of([&] {
          start_states(Tensor::zeros({2, 2}), state, {}, 2, 4);
        }) == "boundaries: fresh state has shape [3, 2], but [2] is needed");
  CHECK(error_of([&] { last_states(state, {}, {}); }) == "boundaries: h has shape [3, 2], but (B, T, D) is needed");
  CHECK(error_of([&] {
          last_states(Tensor::zeros({2, 4, 3}), state, {});
        }) == "boundaries: starts has shape [3, 2], but [2, 3] is needed");
}
