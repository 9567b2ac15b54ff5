#include "../../../models/data/csv_file.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

struct Fixture {
  TemporaryFolder folder;
  std::string path = folder.file("a.csv");
  Table read(const std::string& content, const std::vector<std::string>& wanted = {}) const {
    write_file(path, content);
    return read_csv(path, wanted);
  }
  std::string refused(const std::string& content, const std::vector<std::string>& wanted = {}) const {
    return error_of([&] { read(content, wanted); });
  }
};

}  // namespace

TEST_CASE("csv_file: a header line is optional") {
  const Fixture f;
  const Table named = f.read("load,temperature\n1,2.5\n-3e2,+4\n");
  CHECK(named.columns == std::vector<std::string>{"load", "temperature"});
  CHECK(named.values == std::vector<double>{1, 2.5, -300, 4});
  CHECK(named.rows() == 2);
  const Table plain = f.read("1,2.5\n-3e2,4");
  CHECK(plain.columns == std::vector<std::string>{"0", "1"});
  CHECK(plain.values == named.values);
  CHECK(f.read("7\n").values == std::vector<double>{7});
}

TEST_CASE("csv_file: spaces, quotes, empty lines, line ends of DOS and a byte order mark do no harm") {
  const Fixture f;
  const Table table = f.read("\xEF\xBB\xBF \"a \"\"b\"\", c\" ,d\r\n\r\n \"1\" , 2 \r\n3,\t4\r\n\n");
  CHECK(table.columns == std::vector<std::string>{"a \"b\", c", "d"});
  CHECK(table.values == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("csv_file: columns are chosen by name, and the others may hold anything") {
  const Fixture f;
  const Table table = f.read("date,a,b\n2020-01-01,1,2\n2020-01-02,3,4\n", {"b", "a"});
  CHECK(table.columns == std::vector<std::string>{"b", "a"});
  CHECK(table.values == std::vector<double>{2, 1, 4, 3});
  CHECK(f.read("1,x\n2,\n", {"0"}).values == std::vector<double>{1, 2});
  CHECK(f.refused("alpha,beta\n1,2\n", {"bata"}) ==
        "table: " + f.path + " has no column 'bata'; the nearest is 'beta'");
}

TEST_CASE("csv_file: a written file is read back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.csv");
  const Table table{{"x", "a \"b\", c"}, {0.1, 1e300, -1.0 / 3, 5e-324}};
  save_csv(path, table);
  const Table read = read_csv(path);
  CHECK(read.columns == table.columns);
  CHECK(read.values == table.values);
  CHECK(error_of([&] { save_csv(folder.file("none/a.csv"), table); }) ==
        "atomic_file: cannot write " + folder.file("none/a.csv") + " (No such file or directory)");
}

TEST_CASE("csv_file: columns with any name are read back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.csv");
  const std::vector<std::vector<std::string>> all = {{""}, {"", ""}, {"\xEF\xBB\xBFx"}, {"0", "1"}, {"\"", "a\rb"}};
  for (const std::vector<std::string>& columns : all) {
    const Table table{columns, std::vector<double>(2 * columns.size(), 7)};
    save_csv(path, table);
    const Table read = read_csv(path);
    CHECK(read.columns == table.columns);
    CHECK(read.values == table.values);
  }
  write_file(path, "0\n7\n");
  save_csv(path, read_csv(path));
  CHECK(read_file(path) == "0\n7\n");
}

TEST_CASE("csv_file: the limit on columns is kept") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.csv");
  std::string line = "1";
  for (int i = 1; i < 10'000; ++i) line += ",1";
  write_file(path, line);
  CHECK(read_csv(path).width() == 10'000);
  write_file(path, line + ",1");
  CHECK(error_of([&] { read_csv(path); }) ==
        "csv: " + path + ":1: has more than 10000 columns, but .npy can hold any number");
}

TEST_CASE("csv_file: errors name the line that cannot be read") {
  const Fixture f;
  const std::string missing = " is missing; every value is needed, fill it in or leave the row out";
  CHECK(f.refused("a,b\n1,2\n\n3,x4\n") == "csv: " + f.path + ":4: column b is 'x4', but a number is needed");
  CHECK(f.refused("1,2\n3,4 5\n") == "csv: " + f.path + ":2: column 1 is '4 5', but a number is needed");
  CHECK(f.refused("1,2\n3,1e999\n") == "csv: " + f.path + ":2: column 1 is '1e999', but a number is needed");
  CHECK(f.refused("1\n-inf\n") == "csv: " + f.path + ":2: column 0 is '-inf', but a number is needed");
  CHECK(f.refused("a\n1\n" + std::string(50, 'y') + "\n") ==
        "csv: " + f.path + ":3: column a is '" + std::string(40, 'y') + "...', but a number is needed");
  CHECK(f.refused("a,b\n1,\n") == "csv: " + f.path + ":2: column b" + missing);
  CHECK(f.refused("a,b\nNaN,1\n") == "csv: " + f.path + ":2: column a" + missing);
  CHECK(f.refused("a,b\n1,2\n3\n") == "csv: " + f.path + ":3: has 1 columns, but 2 are needed");
  CHECK(f.refused("1,2\n3,4,5\n") == "csv: " + f.path + ":2: has 3 columns, but 2 are needed");
  CHECK(f.refused("a,b\n") == "csv: " + f.path + " holds no numbers");
  CHECK(f.refused("\n \n") == "csv: " + f.path + " holds no numbers");
  CHECK(f.refused("a\n\"1\n") == "csv: " + f.path + ":2: a quote has no end");
  CHECK(f.refused("2020-01-01,5\n2020-01-02,6\n") ==
        "csv: " + f.path + ":1: column 0 is '2020-01-01', but a number is needed");
  CHECK(f.refused("") == "file: " + f.path + " is empty");
}
