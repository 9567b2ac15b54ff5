#include "../../../models/runs/sweep_values.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("sweep_values: what is typed is a name with its values") {
  const SweepValues lr = parse_sweep("lr=1e-3,3e-3"), data = parse_sweep("data=a=b.txt"),
                    mlp = parse_sweep("mlp-kind=gelu");
  CHECK((lr.name == "lr" && lr.values == std::vector<std::string>{"1e-3", "3e-3"}));
  CHECK((data.name == "data" && data.values == std::vector<std::string>{"a=b.txt"}));
  CHECK(mlp.name == "mlp_kind");
}

TEST_CASE("sweep_values: the last name changes fastest") {
  const std::vector<Combination> all = combinations({parse_sweep("lr=1,2"), parse_sweep("layers=3,4")});
  CHECK(all == std::vector<Combination>{{{"lr", "1"}, {"layers", "3"}},
                                        {{"lr", "1"}, {"layers", "4"}},
                                        {{"lr", "2"}, {"layers", "3"}},
                                        {{"lr", "2"}, {"layers", "4"}}});
}

TEST_CASE("sweep_values: errors say what to type") {
  for (const char* const text : {"lr", "=1", ""})
    CHECK(error_of([&] { parse_sweep(text); }) == "scangrad: --sweep is '" + std::string(text) +
                                                      "', but a name with its values is needed, such as lr=1e-3,3e-3");
  for (const char* const text : {"lr=", "lr=1,", "lr=,1", "lr=1,,2"})
    CHECK(error_of([&] { parse_sweep(text); }) ==
          "scangrad: --sweep is '" + std::string(text) + "', which lacks a value; type --sweep lr=VALUE,VALUE");
  const SweepValues lr = parse_sweep("lr=1,2");
  CHECK(error_of([&] {
          combinations({lr, lr});
        }) == "scangrad: --sweep lr is given twice; write all of its values into one, lr=VALUE,VALUE");
  SweepValues many = lr, more = {"dim", std::vector<std::string>(501, "8")};
  CHECK(error_of([&] {
          combinations({many, more});
        }) == "scangrad: the sweep has 1002 runs or more, but at most 1000 are allowed; leave out some values");
}
