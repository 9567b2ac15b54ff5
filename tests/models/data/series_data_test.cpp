#include "../../../models/data/series_data.h"

#include <limits>

#include "../../../models/data/npy_file.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// Column a counts, column b is its square.
Table counting(int64_t steps) {
  Table table{{"a", "b"}, {}};
  for (int64_t t = 0; t < steps; ++t) {
    table.values.push_back(static_cast<double>(t));
    table.values.push_back(static_cast<double>(t * t));
  }
  return table;
}

}  // namespace

TEST_CASE("series_data: the parts follow each other") {
  const SeriesData data(counting(20), "a", {.validation = 0.1, .test = 0.25});
  CHECK(data.training().begin == 0);
  CHECK(data.training().end == 13);
  CHECK(data.validation().begin == 13);
  CHECK(data.validation().end == 15);
  CHECK(data.test().begin == 15);
  CHECK(data.test().end == 20);
  CHECK(data.test().count() == 5);
}

TEST_CASE("series_data: the fingerprint depends on the values, not on the parts") {
  const Table table = counting(20);
  const uint64_t fingerprint = SeriesData(table, "a", {.validation = 0.1, .test = 0.25}).fingerprint();
  CHECK(SeriesData(table, "b", {}).fingerprint() == fingerprint);
  Table changed = table;
  changed.values.back() = -changed.values.back();
  CHECK(SeriesData(changed, "a", {}).fingerprint() != fingerprint);
  CHECK(SeriesData(counting(21), "a", {}).fingerprint() != fingerprint);
  CHECK(SeriesData(Table{{"a"}, table.values}, "a", {}).fingerprint() != fingerprint);
}

TEST_CASE("series_data: the scaling depends on the training part only") {
  const SeriesData data(counting(20), "a", {.validation = 0.25, .test = 0.25});
  CHECK(data.scaling().mean[0] == doctest::Approx(4.5));  // of 0 ... 9
  CHECK(data.scaling().deviation[0] == doctest::Approx(std::sqrt(8.25)));
  CHECK(data.scaling().mean[1] == doctest::Approx(28.5));
  const Tensor x = data.windows({0, 14}, 3);
  CHECK(x.shape() == Shape{2, 3, 2});
  CHECK(x.data()[0] == doctest::Approx(-4.5 / std::sqrt(8.25)));
  const double last = static_cast<double>(x.data()[10]);  // row 1, step 2: 16
  CHECK(data.scaling().to_units(last, 0) == doctest::Approx(16));
  CHECK(data.value(16, 1) == 256);

  const Scaling known{{"a", "b"}, {1, 2}, {10, 20}};
  const SeriesData other(counting(20), "a", {}, &known);
  CHECK(other.windows({3}, 1).data()[0] == doctest::Approx(0.2));
}

TEST_CASE("series_data: CSV and .npy hold the same series") {
  const TemporaryFolder folder;
  const Table table = counting(7);
  for (const char* name : {"a.csv", "a.npy"}) {
    save_series(folder.file(name), table);
    const Table read = read_series(folder.file(name));
    CHECK(read.values == table.values);
    CHECK(read.rows() == 7);
    CHECK(read.columns == (name == std::string("a.npy") ? std::vector<std::string>{"0", "1"} : table.columns));
  }
  CHECK(read_series(folder.file("a.csv"), "b").values == read_series(folder.file("a.npy"), "1").values);
  CHECK(read_series(folder.file("a.npy"), "1,0").values[1] == 0);
  save_npy(folder.file("one.npy"), {3}, {1, 2, 3});
  CHECK(read_series(folder.file("one.npy")).width() == 1);
}

TEST_CASE("series_data: errors name files that hold no series") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy");
  save_npy(path, {1, 2, 2}, {1, 2, 3, 4});
  CHECK(error_of([&] { read_series(path); }) ==
        "series: " + path + " has shape [1, 2, 2], but (T, F) or (T) with at least one step is needed");
  save_npy(path, {0, 2}, {});
  CHECK(error_of([&] { read_series(path); }) ==
        "series: " + path + " has shape [0, 2], but (T, F) or (T) with at least one step is needed");
  save_npy(path, {1, 2}, {1, 2});
  CHECK(error_of([&] { read_series(path, "2"); }) == "table: " + path + " has no column '2'; the nearest is '0'");

  Table holes = counting(4);
  holes.values[5] = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_of([&] { SeriesData(holes, "h", {}); }) ==
        "series: h holds nan at step 2, column b, but every value is needed");
  CHECK(error_of([&] { SeriesData(counting(4), "h", {.validation = 0.5, .test = 0.5}); }) ==
        "series: h has 4 steps, of which none is left to train on");
  CHECK(error_of([&] { SeriesData(counting(4), "h", {.validation = 1, .test = 0}); }) ==
        "series: a share is 1, but 0 to below 1 is needed");
  const Scaling known{{"a", "c"}, {1, 2}, {10, 20}};
  CHECK(error_of([&] { SeriesData(counting(4), "h", {}, &known); }) ==
        "series: h has columns a, b, but the network was trained on a, c");
}
