#include "../../../models/data/npy_file.h"

#include <cstring>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A file as NumPy writes it, except for what the arguments change.
std::string npy(const std::string& header, const std::string& numbers, int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) text += static_cast<char>(header.size() >> 8 * i & 255);
  return text + header + numbers;
}

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

std::string dict(const std::string& type, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }     \n";
}

}  // namespace

TEST_CASE("npy_file: every type and version is read, in any order of the keys") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy");
  const auto numbers_of = [&](const std::string& content) {
    write_file(path, content);
    return NpyFile(path).numbers();
  };
  const std::vector<double> expected{1, -2, 3, 4, 5, 6};
  CHECK(numbers_of(npy(dict("<f4", "(2, 3)"), bytes_of<float>({1, -2, 3, 4, 5, 6}))) == expected);
  CHECK(NpyFile(path).shape() == Shape{2, 3});
  CHECK(!NpyFile(path).is_whole());
  CHECK(numbers_of(npy(dict("<f8", "(6,)"), bytes_of<double>({1, -2, 3, 4, 5, 6}), 2)) == expected);
  CHECK(NpyFile(path).shape() == Shape{6});
  CHECK(numbers_of(npy(dict("<i4", "(1, 6)"), bytes_of<int32_t>({1, -2, 3, 4, 5, 6}), 3)) == expected);
  CHECK(NpyFile(path).is_whole());
  CHECK(numbers_of(npy("{\"shape\": (3,2), \"fortran_order\":False,\"descr\":\"<i8\"}",
                       bytes_of<int64_t>({1, -2, 3, 4, 5, 6}))) == expected);
  CHECK(NpyFile(path).shape() == Shape{3, 2});
  CHECK(numbers_of(npy(dict("<f8", "()"), bytes_of<double>({7}))) == std::vector<double>{7});
  CHECK(NpyFile(path).shape() == Shape{});
  CHECK(numbers_of(npy(dict("<f8", "(0, 3)"), "")).empty());
  // With a single axis, row-major and column-major are the same.
  CHECK(numbers_of(npy(dict("<f8", "(1,)", "True"), bytes_of<double>({7}))) == std::vector<double>{7});
}

TEST_CASE("npy_file: a part is read without the rest") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy");
  write_file(path, npy(dict("<i4", "(5,)"), bytes_of<int32_t>({1, 2, 3, 4, 5})));
  double part[2] = {};
  NpyFile(path).read(part, 3, 2);
  CHECK(part[0] == 4);
  CHECK(part[1] == 5);
}

TEST_CASE("npy_file: a written file is read back, with data at a multiple of 64 bytes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy");
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3, 4}, Shape{0, 2}}) {
    const Tensor tensor = random_tensor(shape, 1);
    save_npy(path, tensor);
    const NpyFile file(path);
    CHECK(file.shape() == shape);
    const std::vector<real> values = tensor.values();
    CHECK(file.numbers() == std::vector<double>(values.begin(), values.end()));
    CHECK(read_file(path).find('\n') % 64 == 63);
  }
  save_npy(path, {2}, {0.1, 1e300});
  CHECK(NpyFile(path).numbers() == std::vector<double>{0.1, 1e300});
  CHECK(read_file(path).substr(10, 60).rfind("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 0) == 0);
}

TEST_CASE("npy_file: errors name other types and versions") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy"), four = bytes_of<float>({1, 2, 3, 4});
  const auto refused = [&](const std::string& content, const std::string& message) {
    INFO(content);
    write_file(path, content);
    CHECK(error_of([&] { NpyFile{path}; }) == "npy: " + path + message);
  };
  CHECK(error_of([&] { NpyFile{folder.file("none")}; }) ==
        "file: " + folder.file("none") + " cannot be read: No such file or directory");
  refused("1,2,3\n4,5,6\n", " is no array file of NumPy");
  refused("\x93NUMPY", " is no array file of NumPy");
  refused(npy(dict("<f4", "(4,)"), four, 4), " has version 4, but 1 to 3 is needed");
  refused(std::string("\x93NUMPY\2\0\1\0", 10), " ends inside its header");
  refused(npy(dict("<f4", "(4,)"), "").substr(0, 40), " ends inside its header");
  refused(npy(std::string(10'001, ' '), ""), " has a header of 10001 bytes, but at most 10000 are read");
  refused(std::string("\x93NUMPY\3\0\xFF\xFF\xFF\xFF", 12),
          " has a header of 4294967295 bytes, but at most 10000 are read");
  refused(npy(dict(">f4", "(4,)"), four), " holds numbers of type '>f4', but one of <f4, <f8, <i4, <i8 is needed");
  refused(npy(dict("<f2", "(4,)"), four), " holds numbers of type '<f2', but one of <f4, <f8, <i4, <i8 is needed");
  refused(npy(dict("<f4", "(2, 2)", "True"), four), " is in column-major order; save np.ascontiguousarray of it");
  refused(npy(dict("<f4", "(1, 1, 1, 1, 1, 1, 4)"), four), " has 7 axes, but at most 6 are supported");
  const std::string misfit = " has 16 bytes of numbers, which its shape and type <f4 do not fit";
  for (const char* shape :
       {"(3,)", "(5,)", "()", "(0,)", "(4, 4611686018427387904)", "(4294967296, 4294967296, 4294967296, 4294967296)"})
    refused(npy(dict("<f4", shape), four), misfit);
  refused(npy(dict("<f8", "(2,)"), four + "x"), " has 17 bytes of numbers, which its shape and type <f8 do not fit");
}

TEST_CASE("npy_file: a header that is not NumPy's is refused where it differs") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.npy");
  const auto refused = [&](const std::string& header, int at) {
    INFO(header);
    write_file(path, npy(header, bytes_of<float>({1})));
    CHECK(error_of([&] { NpyFile{path}; }) ==
          "npy: " + path + ": the header is not as NumPy writes it, at its byte " + std::to_string(at));
  };
  refused("", 0);
  refused("[]", 0);
  refused("{}", 2);
  refused("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}", 10);
  refused("{'descr': '<f4', 'fortran_order': False}", 40);
  refused("{'descr': '<f4', 'descr': '<f4'}", 25);
  refused("{'descr': '<f4', 'fortran_order': 0}", 34);
  refused("{'descr': '<f4', 'shape': (-1,)}", 27);
  refused("{'descr': '<f4', 'shape': (1;)}", 28);
  refused("{'descr': '<f4', 'shape': (99999999999999999999,)}", 27);
  refused("{'descr': '<f4', 'shape': (1,", 29);
  refused("{'descr': '<f4', 'more': 1}", 24);
  refused("{'descr': '<f4\n'}", 14);
  refused("{'descr': '<f4", 14);
  refused("{'descr': '<f4' 'shape': (1,)}", 16);
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 56);
}
