#include "../../ops/time_pieces.h"

#include "../testing.h"

using namespace scangrad;

namespace {

struct Plain {
  int64_t span, begin, end, joint;  // the span is known by its row of h0, -1 for padding; joint -1: the first piece
  bool operator==(const Plain&) const = default;
};

std::vector<Plain> plain(const TimePieces& pieces) {
  std::vector<Plain> result;
  for (int64_t i = 0; i < pieces.size(); ++i) {
    const TimePiece p = pieces[i];
    result.push_back({p.span.start, p.begin, p.end, p.is_first() || p.span.is_padding() ? -1 : p.joint});
  }
  return result;
}
// The rows of all steps, piece after piece.
std::vector<int64_t> rows(const TimePieces& pieces) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < pieces.size(); ++i)
    for (int64_t step = pieces[i].begin; step < pieces[i].end; ++step) result.push_back(pieces[i].row(step));
  return result;
}

}  // namespace

TEST_CASE("time_pieces: a sequence is cut into full pieces and a rest") {
  const TimePieces pieces(Boundaries().spans(2, 5), 5, 2);
  CHECK(plain(pieces) ==
        std::vector<Plain>{{0, 0, 2, -1}, {0, 2, 4, 0}, {0, 4, 5, 1}, {1, 0, 2, -1}, {1, 2, 4, 2}, {1, 4, 5, 3}});
  CHECK(pieces.joints() == 4);
  CHECK(rows(pieces) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(pieces[0].is_first());
  CHECK(!pieces[0].is_last());
  CHECK(pieces[2].is_last());
  CHECK(pieces[2].steps() == 1);
}

TEST_CASE("time_pieces: a length that divides evenly leaves no rest, and a short sequence is one piece") {
  CHECK(plain(TimePieces(Boundaries().spans(1, 4), 4, 2)) == std::vector<Plain>{{0, 0, 2, -1}, {0, 2, 4, 0}});
  CHECK(plain(TimePieces(Boundaries().spans(1, 4), 4, 4)) == std::vector<Plain>{{0, 0, 4, -1}});
  const TimePieces one(Boundaries().spans(1, 1), 1, 3);
  CHECK(plain(one) == std::vector<Plain>{{0, 0, 1, -1}});
  CHECK((one[0].is_first() && one[0].is_last()));
  CHECK(one.joints() == 0);
}

TEST_CASE("time_pieces: an empty sequence is one empty piece") {
  const TimePieces pieces(Boundaries::packed({0, 0, 3, 3}).spans(1, 3), 3, 2);
  CHECK(plain(pieces) == std::vector<Plain>{{0, 0, 0, -1}, {1, 0, 2, -1}, {1, 2, 3, 0}, {2, 0, 0, -1}});
  CHECK((pieces[0].is_first() && pieces[0].is_last()));
  CHECK(pieces.joints() == 1);
  CHECK(plain(TimePieces(Boundaries().spans(1, 0), 0, 2)) == std::vector<Plain>{{0, 0, 0, -1}});
  CHECK(TimePieces(Boundaries().spans(0, 5), 5, 2).size() == 0);
}

TEST_CASE("time_pieces: padding is cut too, but has no joints") {
  const TimePieces pieces(Boundaries::lengths({1, 5}).spans(2, 6), 6, 2);
  CHECK(plain(pieces) == std::vector<Plain>{{0, 0, 1, -1},
                                            {-1, 0, 2, -1},
                                            {-1, 2, 4, -1},
                                            {-1, 4, 5, -1},
                                            {1, 0, 2, -1},
                                            {1, 2, 4, 0},
                                            {1, 4, 5, 1},
                                            {-1, 0, 1, -1}});
  CHECK(pieces.joints() == 2);
  CHECK(rows(pieces) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("time_pieces: a reset cuts where it is, not where pieces are full") {
  const TimePieces pieces(Boundaries::reset(Ids({1, 6}, {0, 0, 0, 1, 0, 0})).spans(1, 6), 6, 2);
  CHECK(plain(pieces) == std::vector<Plain>{{0, 0, 2, -1}, {0, 2, 3, 0}, {1, 0, 2, -1}, {1, 2, 3, 1}});
  CHECK(rows(pieces) == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("time_pieces: descending, step 0 is the last step of a span") {
  const TimePieces pieces(Boundaries::packed({0, 3, 5}).spans(1, 5), 5, 2, /*descending=*/true);
  CHECK(plain(pieces) == std::vector<Plain>{{0, 0, 2, -1}, {0, 2, 3, 0}, {1, 0, 2, -1}});
  CHECK(rows(pieces) == std::vector<int64_t>{2, 1, 0, 4, 3});
  CHECK(rows(TimePieces(Boundaries().spans(2, 3), 3, 8, true)) == std::vector<int64_t>{2, 1, 0, 5, 4, 3});
}

TEST_CASE("time_pieces: the pieces of a span, by their number in it, are those of the batch") {
  const TimePieces pieces(Boundaries::lengths({5, 0, 2}).spans(3, 5), 5, 2);
  int64_t i = 0;
  for (int64_t s = 0; s < pieces.spans().size(); ++s)
    for (int64_t k = 0; k < pieces.count(s); ++k, ++i) {
      CHECK(&pieces.of(s, k).span == &pieces[i].span);
      CHECK(pieces.of(s, k).begin == pieces[i].begin);
      CHECK(pieces.of(s, k).end == pieces[i].end);
    }
  CHECK(i == pieces.size());
}
