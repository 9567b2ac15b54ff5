#include "../../../models/data/scaling.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("scaling: mean and deviation are those worked by hand") {
  ScalingSums sums(2);
  for (const auto& row : {std::vector<double>{1, 10}, {3, 10}, {5, 10}, {7, 10}}) sums.add(row.data());
  const Scaling scaling = sums.scaling({"a", "b"});
  CHECK(scaling.mean == std::vector<double>{4, 10});
  CHECK(scaling.deviation[0] == doctest::Approx(std::sqrt(5.0)));  // of 9, 1, 1, 9
  CHECK(scaling.deviation[1] == 1);                                // it never changes
  CHECK(scaling.to_standard(7, 0) == doctest::Approx(3 / std::sqrt(5.0)));
  CHECK(scaling.to_units(scaling.to_standard(7, 0), 0) == doctest::Approx(7));
}

TEST_CASE("scaling: a large mean costs no digits") {
  ScalingSums sums(1);
  for (int i = 0; i < 1000; ++i) {
    const double x = 1e9 + (i % 2 == 0 ? 0.5 : -0.5);
    sums.add(&x);
  }
  CHECK(sums.scaling({"a"}).deviation[0] == doctest::Approx(0.5).epsilon(1e-7));
  ScalingSums constant(1);
  const double third = 1e9 / 3;
  for (int i = 0; i < 1000; ++i) constant.add(&third);
  CHECK(constant.scaling({"a"}).deviation[0] == 1);
}

TEST_CASE("scaling: errors are means in units, or of deviations") {
  ColumnErrors errors(2);
  for (const double error : {1.0, -3.0}) errors.add(0, error);
  for (const double error : {2.0, 2.0}) errors.add(1, error);
  errors.divide(2);
  CHECK(errors.squared == std::vector<double>{5, 4});
  CHECK(errors.absolute == std::vector<double>{2, 2});
  CHECK(errors.standardised({{"a", "b"}, {0, 0}, {1, 4}}) == doctest::Approx((5 + 0.25) / 2));
}

TEST_CASE("scaling: a written file is read back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("scaling.json");
  const SeriesScaling scaling{{{"a", "b"}, {0.1, -2}, {1.0 / 3, 1e-9}}, {}, 3};
  scaling.save(path);
  const SeriesScaling read = SeriesScaling::load(path);
  CHECK(read.inputs.columns == scaling.inputs.columns);
  CHECK(read.inputs.mean == scaling.inputs.mean);
  CHECK(read.inputs.deviation == scaling.inputs.deviation);
  CHECK(read.labels.width() == 0);
  CHECK(read.classes == 3);
}

TEST_CASE("scaling: an error names a file without a scaling") {
  const TemporaryFolder folder;
  const std::string path = folder.file("scaling.json");
  CHECK(error_of([&] { SeriesScaling::load(path); }) == "file: " + path + " cannot be read: No such file or directory");
  const std::string none = R"({"columns": [], "mean": [], "deviation": []})",
                    one = R"({"columns": ["a"], "mean": [0], "deviation": [1]})";
  const auto with = [](const std::string& inputs, const std::string& labels, const std::string& classes) {
    return "{\"inputs\": " + inputs + ", \"labels\": " + labels + ", \"classes\": " + classes + "}";
  };
  write_file(path, with(one, none, "0"));
  CHECK(SeriesScaling::load(path).inputs.width() == 1);
  for (const std::string& content : {std::string("{"), std::string("[]"), std::string("{\"inputs\": {}}"),
                                     with(none, none, "0"), with(one, none, "-1"), with(one, none, "\"x\""),
                                     with("7", none, "0"), with(R"({"columns": ["a"], "mean": [0]})", none, "0"),
                                     with(R"({"columns": ["a"], "mean": [0, 1], "deviation": [1]})", none, "0"),
                                     with(R"({"columns": [1], "mean": [0], "deviation": [1]})", none, "0"),
                                     with(R"({"columns": ["a"], "mean": ["0"], "deviation": [1]})", none, "0"),
                                     with(R"({"columns": ["a"], "mean": [0], "deviation": [0]})", none, "0")}) {
    INFO(content);
    write_file(path, content);
    CHECK(error_of([&] { SeriesScaling::load(path); }) ==
          "scaling: " + path + " does not hold the scaling of a series");
  }
}

TEST_CASE("scaling: the limit on columns is kept") {
  const TemporaryFolder folder;
  const std::string path = folder.file("scaling.json");
  const std::vector<std::string> names(100'000, "a");
  const Scaling all = ScalingSums(100'000).scaling(names);
  const SeriesScaling scaling{all, all, 0};
  scaling.save(path);
  CHECK(SeriesScaling::load(path).labels.width() == 100'000);
  CHECK(error_of([] { ScalingSums(100'001); }) ==
        "scaling: there are 100001 columns, but at most 100000 are supported");
  std::string numbers = "1";
  for (int i = 0; i < 700'000; ++i) numbers += ",1";
  write_file(path, "{\"inputs\": {\"mean\": [" + numbers + "]}}");
  CHECK(error_of([&] { SeriesScaling::load(path); }) == "scaling: " + path + " does not hold the scaling of a series");
}

TEST_CASE("scaling: deeply nested lists are no numbers") {
  const TemporaryFolder folder;
  const std::string path = folder.file("scaling.json"), deep(100'000, '['), end(100'000, ']');
  write_file(path, R"({"inputs": {"columns": ["a"], "mean": [0], "deviation": [)" + deep + end +
                       R"(]}, "labels": {"columns": [], "mean": [], "deviation": []}, "classes": 0})");
  CHECK(error_of([&] { SeriesScaling::load(path); }) == "scaling: " + path + " does not hold the scaling of a series");
}
