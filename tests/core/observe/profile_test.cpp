#include "../../../core/observe/profile.h"

#include <algorithm>

#include "../../../core/kernels/gemm.h"
#include "../../testing.h"
#include "../small_ops.h"

using namespace scangrad;

namespace {

const Profile::Row* find(const std::vector<Profile::Row>& rows, const std::string& name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("profile: counts the calls and bytes of each op, forward and backward") {
  const Tensor x = leaf(random_tensor({3, 4}, 1));
  Profile profile;
  CHECK(profiling() == &profile);
  const Tensor y = combine(x, squared(x), by_sinks);
  backward({y}, {random_tensor({3, 4}, 2)});
  const auto rows = profile.rows();
  const Profile::Row* const combined = find(rows, "combine");
  const Profile::Row* const square = find(rows, "squared");
  REQUIRE((combined != nullptr && square != nullptr));
  const double tensor = 12 * sizeof(real);
  CHECK((combined->calls == 1 && square->calls == 1));
  CHECK(combined->forward.bytes == 3 * tensor);   // two inputs and the result
  CHECK(combined->backward.bytes == 5 * tensor);  // dy, and each input with its gradient
  CHECK(square->forward.bytes == 2 * tensor);
  CHECK(square->backward.bytes == 3 * tensor);
  CHECK(combined->forward.seconds > 0);
  CHECK(profile.total().bytes == 13 * tensor);
}

TEST_CASE("profile: products are counted with any number of threads") {
  const std::vector<real> a(70 * 30), b(30 * 50);
  std::vector<real> c(70 * 50);
  for (const int count : {1, 3}) {
    const WithThreads with(count);
    Profile profile;
    const int64_t before = counted_products();
    gemm(c.data(), 50, matrix(a.data(), 70, 30), matrix(b.data(), 30, 50), false);
    CHECK(counted_products() == before + 1);
    profile.lap("products");
    profile.lap("nothing");
    const auto rows = profile.rows();
    CHECK(find(rows, "products")->forward.flops == 2 * 70 * 30 * 50);
    CHECK(find(rows, "nothing")->forward.flops == 0);
  }
}

TEST_CASE("profile: pieces of one product count as one product, with the FLOPs of all") {
  const std::vector<real> a(70 * 30), b(30 * 50);
  std::vector<real> c(70 * 50);
  const auto product = [&] { gemm(c.data(), 50, matrix(a.data(), 70, 30), matrix(b.data(), 30, 50), false); };
  const int64_t before = counted_products();
  const double flops = counted_flops();
  {
    const PiecesOfOneProduct one;
    for (int i = 0; i < 3; ++i) product();
    const PiecesOfOneProduct inner;
    product();
  }
  CHECK(counted_products() == before + 1);
  CHECK(counted_flops() == flops + 4 * 2 * 70 * 30 * 50);
  product();
  CHECK(counted_products() == before + 2);
  small_gemm(c.data(), 50, matrix(a.data(), 70, 30), matrix(b.data(), 30, 50), false);
  CHECK(counted_products() == before + 2);
  CHECK(counted_flops() == flops + 6 * 2 * 70 * 30 * 50);
}

TEST_CASE("profile: the newest profile counts, and after its end the previous one") {
  CHECK(profiling() == nullptr);
  Profile outer;
  {
    const Profile inner;
    CHECK(profiling() == &inner);
    squared(vec({1, 2}));
    CHECK(inner.rows().size() == 1);
  }
  CHECK(profiling() == &outer);
  CHECK(outer.rows().empty());
  outer.lap("a");
  CHECK(outer.rows().size() == 1);
}
