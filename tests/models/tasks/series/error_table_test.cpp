#include "../../../../models/tasks/series/error_table.h"

#include "../../../testing.h"

using namespace scangrad;

TEST_CASE("error_table: a line for each column, squared errors before absolute ones") {
  ColumnErrors network(2), last(2);
  network.add(0, -2);
  network.add(1, 0.5);
  last.add(0, 3);
  last.add(1, 1);
  CHECK(error_table({"load", "wind"}, {{"network", &network}, {"last value", &last}}) ==
        "            mean squared error          mean absolute error\n"
        "                network   last value        network   last value\n"
        "load                  4            9              2            3\n"
        "wind               0.25            1            0.5            1\n");
}

TEST_CASE("error_table: columns where the first forecaster is worse are marked") {
  ColumnErrors network(2), last(2);
  network.add(0, 2);
  network.add(1, 0.5);
  last.add(0, 1);
  last.add(1, 0.5);
  const std::string table = error_table({"load", "wind"}, {{"network", &network}, {"last value", &last}});
  CHECK(table.find("1  worse\n") != std::string::npos);
  CHECK(table.ends_with("0.5\n"));
}

TEST_CASE("error_table: a line fits a terminal of 80 columns") {
  ColumnErrors network(1), last(1);
  network.add(0, -1.234567e-150);
  const std::string table = error_table({std::string(30, 'x')}, {{"network", &network}, {"moved season", &last}});
  size_t widest = 0;
  for (size_t begin = 0; begin < table.size(); begin = table.find('\n', begin) + 1)
    widest = std::max(widest, table.find('\n', begin) - begin);
  CHECK(widest == 80);
}

TEST_CASE("error_table: only the first of many columns are listed") {
  const ColumnErrors errors(20);
  const std::string table = error_table(std::vector<std::string>(20, "x"), {{"network", &errors}});
  CHECK(std::count(table.begin(), table.end(), '\n') == 2 + 16 + 1);
  CHECK(table.ends_with("\nand 4 more columns\n"));
}

TEST_CASE("error_table: errors are compared") {
  CHECK(compared(1, 4, "the mean") == "0.25 times that of the mean");
  CHECK(compared(1, 1e-30, "the mean") == "over 1000 times that of the mean");
  CHECK(compared(1, 0, "the mean") == "that of the mean is 0");
}
