#include "../../../core/files/safetensors.h"

#include <sys/stat.h>

#include <cstring>
#include <limits>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A file with this header, then these bytes. The length before the header is `length`, or the true one.
std::string made(const TemporaryFolder& folder, const std::string& header, const std::string& data = "",
                 int64_t length = -1) {
  const int64_t claimed = length < 0 ? static_cast<int64_t>(header.size()) : length;
  std::string start(8, '\0');
  std::memcpy(start.data(), &claimed, 8);
  const std::string path = folder.file("made.safetensors");
  write_file(path, start + header + data);
  return path;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// The message for a file made that way, without the path that it starts with.
std::string open_error(const std::string& header, const std::string& data = "", int64_t length = -1) {
  const TemporaryFolder folder;
  const std::string path = made(folder, header, data, length);
  const std::string error = error_of([&] { (void)SafetensorsFile(path); });
  const std::string expected = "safetensors: " + path;
  return error.starts_with(expected) ? "PATH" + error.substr(expected.size()) : error;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}";
}

}  // namespace

TEST_CASE("safetensors: a small file has exactly these bytes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  SafetensorsWriter writer;
  writer.add("w", Tensor({1, 2}, {1, real(-0.5)}));
  writer.add("n", std::vector<int64_t>{7});
  writer.add_metadata("by", "me");
  writer.save(path);
  const std::string content = read_file(path);
  const std::string header = kDouble ? "{\"__metadata__\":{\"by\":\"me\"},"
                                       "\"w\":{\"dtype\":\"F64\",\"shape\":[1, 2],\"data_offsets\":[0,16]},"
                                       "\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[16,24]}}"
                                     : "{\"__metadata__\":{\"by\":\"me\"},"
                                       "\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                                       "\"w\":{\"dtype\":\"F32\",\"shape\":[1, 2],\"data_offsets\":[8,16]}}";
  const size_t length = 192 - 8;
  CHECK(content.substr(0, 8) == raw<uint64_t>({length}));
  CHECK(content.substr(8, length) == header + std::string(length - header.size(), ' '));
  CHECK(content.substr(192) ==
        (kDouble ? raw<double>({1, -0.5}) + raw<int64_t>({7}) : raw<int64_t>({7}) + raw<float>({1, -0.5f})));
  CHECK(folder.count() == 1);
}

TEST_CASE("safetensors: a written file is read back") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  const Tensor w = random_tensor({3, 5, 7}, 1), scalar = Tensor::full({}, 4), empty = Tensor::zeros({0, 3});
  const std::vector<uint64_t> words{1, ~uint64_t(0)};
  SafetensorsWriter writer;
  writer.add("blocks.10.w", w);
  writer.add("blocks.2.w", scalar);
  writer.add("", empty);
  writer.add("words", words);
  writer.add("strange \" \\ \n name \u00e4", w);
  writer.add_metadata("key", "value\n\"\u00e4");
  writer.save(path);

  const SafetensorsFile file(path);
  CHECK(same_bits(file.tensor("blocks.10.w"), w));
  CHECK(same_bits(file.tensor("blocks.2.w"), scalar));
  CHECK(file.tensor("").shape() == Shape{0, 3});
  CHECK(same_bits(file.tensor("strange \" \\ \n name \u00e4"), w));
  CHECK(file.words("words") == words);
  CHECK(file.bytes("words").size() == 16);
  CHECK(file.metadata() == std::map<std::string, std::string>{{"key", "value\n\"\u00e4"}});
  CHECK(file.has("words"));
  CHECK(!file.has("word"));
  CHECK(file.entry("blocks.10.w").dtype == (kDouble ? "F64" : "F32"));
  CHECK(file.path() == path);
  // Tensors of one element width are in the order of add(), not sorted by name.
  std::vector<std::string> names;
  for (const auto& each : file.entries()) names.push_back(each.name);
  const auto place = [&](const char* name) { return std::find(names.begin(), names.end(), name) - names.begin(); };
  CHECK(place("blocks.10.w") < place("blocks.2.w"));

  writer.save(path + "2");
  CHECK(read_file(path) == read_file(path + "2"));
  CHECK(folder.count() == 2);
}

TEST_CASE("safetensors: add_bf16 writes what the tensor holds when it is saved, rounded, after wider elements") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.safetensors");
  Tensor w({3}, {1, real(-0.5), 2});
  SafetensorsWriter writer;
  writer.add_bf16("w", w);
  writer.add("x", Tensor({1}, {7}));
  writer.add_bf16("empty", Tensor::zeros({0, 2}));
  w.mutable_data()[2] = real(1.01171875);  // between 1.0078125 and 1.015625: the even one
  writer.save(path);
  const SafetensorsFile file(path);
  CHECK(file.entry("w").dtype == "BF16");
  CHECK(file.entry("w").end - file.entry("w").begin == 6);
  CHECK(file.entry("w").begin == int64_t(sizeof(real)));
  CHECK(file.tensor("w").values() == std::vector<real>{1, real(-0.5), real(1.015625)});
  CHECK(file.tensor("empty").shape() == Shape{0, 2});
  CHECK(error_of([&] { writer.add_bf16("u", Tensor()); }) == "safetensors: \"u\" is undefined, but a tensor is needed");
}

TEST_CASE("safetensors: other number formats become reals, from any alignment") {
  const TemporaryFolder folder;
  // One byte in front and a header of odd length: nothing is aligned.
  const std::string header = "{" + entry("pad", "U8", "1", "0,1") + "," + entry("half", "F16", "8", "1,17") + "," +
                             entry("brain", "BF16", "2", "17,21") + "," + entry("single", "F32", "2", "21,29") + "," +
                             entry("double", "F64", "2", "29,45") + "," + entry("int", "I64", "2", "45,61") + "}";
  const std::string data = "x" + raw<uint16_t>({0x3C00, 0xC000, 0x3555, 0x0001, 0x83FF, 0x7BFF, 0x7C00, 0x7E00}) +
                           raw<uint16_t>({0x3F80, 0xC049}) + raw<float>({0.1f, -3}) + raw<double>({0.1, -3}) +
                           raw<int64_t>({-5, 6});
  const SafetensorsFile file(made(folder, header + (header.size() % 2 == 0 ? " " : ""), data));

  const std::vector<real> half = file.tensor("half").values();
  const std::vector<double> expected{1, -2, 0x555p-12, 0x1p-24, -1023 * 0x1p-24, 65504};
  for (size_t i = 0; i < expected.size(); ++i) CHECK(half[i] == expected[i]);
  CHECK(half[6] == std::numeric_limits<real>::infinity());
  CHECK(std::isnan(half[7]));
  CHECK(file.tensor("brain").values() == std::vector<real>{1, real(-3.140625)});
  CHECK(file.tensor("single").values() == std::vector<real>{real(0.1f), -3});
  CHECK(file.tensor("double").values() == std::vector<real>{real(0.1), -3});
  CHECK(file.integers("int") == std::vector<int64_t>{-5, 6});
  CHECK(file.bytes("pad") == std::vector<unsigned char>{'x'});
}

TEST_CASE("safetensors: large tensors of the other precision are read completely") {
  const TemporaryFolder folder;
  std::vector<double> doubles(70000);
  std::vector<float> floats(70000);
  for (size_t i = 0; i < doubles.size(); ++i) {
    doubles[i] = 0.5 * double(i);
    floats[i] = 0.5f * float(i);
  }
  for (const bool wide : {true, false}) {
    const std::string bytes = wide ? raw(doubles) : raw(floats);
    const std::string header =
        "{" + entry("x", wide ? "F64" : "F32", "70000", "0," + std::to_string(bytes.size())) + "}";
    const Tensor x = SafetensorsFile(made(folder, header, bytes)).tensor("x");
    REQUIRE(x.numel() == 70000);
    int64_t wrong = 0;
    for (int64_t i = 0; i < 70000; ++i) wrong += x.data()[i] != real(0.5) * real(i);
    CHECK(wrong == 0);
  }
}

TEST_CASE("safetensors: errors name another kind of file if it is recognized") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& content) {
    const std::string path = folder.file("a");
    write_file(path, content);
    const std::string message = error_of([&] { (void)SafetensorsFile(path); });
    return message.substr(message.find("/a") + 2);
  };
  CHECK(error("") == " is no safetensors file: it has 0 bytes, but at least 8 are needed");
  CHECK(error("hello, world!") == " is no safetensors file: its header would have 8583909746840200552 bytes");
  CHECK(error("PK\x03\x04 and the rest").ends_with(" bytes; it looks like PyTorch's own format"));
  CHECK(error("\x80\x02 and the rest").ends_with(" bytes; it looks like PyTorch's own format"));
  CHECK(open_error("{}  ", "", 100) == "PATH is truncated: its header has 100 bytes, but the file ends after 4");
  CHECK(open_error("{}", "", 100'000'001) == "PATH is no safetensors file: its header would have 100000001 bytes");
  CHECK(open_error(" {}") == "PATH is no safetensors file: its header is no JSON object");
  CHECK(open_error(std::string("{}\0\0", 4)) == "PATH is no safetensors file: its header is no JSON object");
  CHECK(open_error("") == "PATH is no safetensors file: its header is no JSON object");

  const std::string missing = folder.file("missing"), pipe = folder.file("pipe");
  CHECK(error_of([&] { (void)SafetensorsFile(missing); }) ==
        "safetensors: cannot open " + missing + " (No such file or directory)");
  CHECK(error_of([&] { (void)SafetensorsFile(folder.path.string()); }) ==
        "safetensors: " + folder.path.string() + " is not a regular file");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error_of([&] { (void)SafetensorsFile(pipe); }) == "safetensors: " + pipe + " is not a regular file");
}

TEST_CASE("safetensors: an error names what is wrong with a header") {
  CHECK(open_error("{}   ") == "(no error)");
  CHECK(open_error("{nonsense}") == "PATH: the header is not valid JSON at byte 3");
  CHECK(open_error("{} {}") == "PATH: the header is not valid JSON at byte 4");
  CHECK(open_error("{\"\xff\":1}").starts_with("PATH: the header is not valid JSON at byte"));
  const std::string whole = entry("x", "F32", "1", "0,4");
  CHECK(open_error("{" + whole + "," + whole + "}", "1234") == "PATH: the header has \"x\" twice");
  const std::string broken = "PATH: the header's entry \"x\" is not made of a dtype, a shape and data_offsets";
  for (const char* const value : {"1",
                                  "null",
                                  "true",
                                  "\"F32\"",
                                  "[1]",
                                  "1.5",
                                  "-1",
                                  "{}",
                                  R"({"dtype":"F32","shape":[1]})",
                                  R"({"dtype":"F32","data_offsets":[0,4]})",
                                  R"({"shape":[1],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[1],"data_offsets":[0]})",
                                  R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})",
                                  R"({"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[[1]],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[{"a":1}],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":["1"],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})",
                                  R"({"dtype":["F32"],"shape":[1],"data_offsets":[0,4]})",
                                  R"({"dtype":{"F32":1},"shape":[1],"data_offsets":[0,4]})",
                                  R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"color":"red"})"})
    CHECK(open_error(std::string("{\"x\":") + value + "}", "1234") == broken);
  for (const char* const value : {"1", "[]", R"({"a":1})", R"({"a":["b"]})", R"({"a":{"b":"c"}})"})
    CHECK(open_error(std::string("{\"__metadata__\":") + value + "}") ==
          "PATH: the header's __metadata__ is no table of strings");
}

TEST_CASE("safetensors: a deeply nested header is an error and not a crash") {
  const int64_t deep = 1'000'000;
  const std::string broken = "PATH: the header's entry \"x\" is not made of a dtype, a shape and data_offsets";
  CHECK(open_error("{\"x\":" + std::string(deep, '[')) == broken);
  std::string objects;
  for (int64_t i = 0; i < deep; ++i) objects += "{\"x\":";
  CHECK(open_error(objects) == broken);
}

TEST_CASE("safetensors: very long lists and metadata are refused") {
  std::string ones = "1";
  for (int i = 0; i < 64; ++i) ones += ",1";
  CHECK(open_error("{" + entry("x", "U8", ones, "0,1") + "}", "1") ==
        "PATH: the header's entry \"x\" is not made of a dtype, a shape and data_offsets");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "\"" + std::to_string(i) + "\":\"\",";
  CHECK(open_error("{\"__metadata__\":{" + many.substr(0, many.size() - 1) + "}}") == "(no error)");
  CHECK(open_error("{\"__metadata__\":{" + many + "\"x\":\"\"}}") ==
        "PATH: the header's __metadata__ is no table of strings");
}

TEST_CASE("safetensors: tensors that do not cover the data exactly are errors") {
  const auto error = [](const std::string& entries, size_t bytes) {
    return open_error("{" + entries + "}", std::string(bytes, 'x'));
  };
  const std::string x = entry("x", "F32", "2", "0,8");
  CHECK(error(x, 8) == "(no error)");
  CHECK(error(x, 4) == "PATH: \"x\" lies at bytes 0 to 8, but there are 4 (truncated?)");
  CHECK(error(x, 9) == "PATH: bytes 8 to 9 belong to no tensor");
  CHECK(error("", 1) == "PATH: bytes 0 to 1 belong to no tensor");
  CHECK(error(entry("x", "F32", "2", "4,12"), 12) == "PATH: bytes 0 to 4 belong to no tensor");
  CHECK(error(x + "," + entry("y", "F32", "1", "4,8"), 8) == "PATH: \"y\" overlaps the tensor before it");
  CHECK(error(x + "," + entry("y", "F32", "0,5", "8,8"), 8) == "(no error)");
  CHECK(error(entry("x", "F32", "0", "8,4"), 8) == "PATH: \"x\" lies at bytes 8 to 4, but there are 8 (truncated?)");
  CHECK(error(entry("x", "F32", "1", "0,18446744073709551615"), 8) ==
        "PATH: \"x\" lies at bytes 0 to 9223372036854775807, but there are 8 (truncated?)");
  CHECK(error(entry("x", "F32", "3", "0,8"), 8) == "PATH: \"x\" has dtype F32 and shape [3], but 8 bytes");
  CHECK(error(entry("x", "F32", "1152921504606846976", "0,8"), 8) ==
        "PATH: \"x\" has dtype F32 and shape [1152921504606846976], but 8 bytes");
  CHECK(error(entry("x", "F32", "4294967296,4294967296", "0,8"), 8) ==
        "PATH: \"x\": shape: [4294967296, 4294967296] has too many elements, but at most 2^60 are supported");
  CHECK(error(entry("x", "F32", "1,1,1,1,1,1,2", "0,8"), 8) ==
        "PATH: \"x\": shape: rank is 7, but at most 6 axes are supported");
  CHECK(error(entry("x\\n", "F33", "2", "0,8"), 8) == "PATH: \"x\\n\" has unknown dtype \"F33\"");
  CHECK(error(entry(std::string(1000, 'n'), "F33", "2", "0,8"), 8) ==
        "PATH: \"" + std::string(77, 'n') + "...\" has unknown dtype \"F33\"");
}

TEST_CASE("safetensors: an unknown name or another dtype is an error") {
  const TemporaryFolder folder;
  const std::string path =
      made(folder, "{" + entry("weight", "F32", "2", "0,8") + "," + entry("count", "I32", "1", "8,12") + "}",
           std::string(12, '\0'));
  const SafetensorsFile file(path);
  CHECK(error_of([&] { file.tensor("wieght"); }) ==
        "safetensors: " + path + " has no tensor \"wieght\", the nearest is \"weight\"");
  CHECK(error_of([&] { file.tensor("count"); }) ==
        "safetensors: " + path + ": \"count\" has dtype I32, but F32, F64, F16 or BF16 is needed");
  CHECK(error_of([&] { file.integers("count"); }) ==
        "safetensors: " + path + ": \"count\" has dtype I32, but I64 is needed");
  CHECK(error_of([&] { file.words("weight"); }) ==
        "safetensors: " + path + ": \"weight\" has dtype F32, but U64 is needed");
  std::filesystem::resize_file(path, 40);
  CHECK(error_of([&] { file.tensor("weight"); }) == "safetensors: cannot read " + path + " (the file became shorter)");
  const std::string none = made(folder, "{}");
  CHECK(error_of([&] { SafetensorsFile(none).bytes("x"); }) ==
        "safetensors: " + none + " has no tensor \"x\", nor any other");
}

TEST_CASE("safetensors: an error names a tensor that cannot be written, and leaves no file") {
  const TemporaryFolder folder;
  SafetensorsWriter writer;
  writer.add("x", Tensor::zeros({2}));
  CHECK(error_of([&] { writer.add("x", std::vector<int64_t>{1}); }) ==
        "safetensors: \"x\" was added already, but a new name is needed");
  CHECK(error_of([&] { writer.add("__metadata__", Tensor::zeros({2})); }) ==
        "safetensors: \"__metadata__\" was added already, but a new name is needed");
  CHECK(error_of([&] { writer.add("y", Tensor()); }) == "safetensors: \"y\" is undefined, but a tensor is needed");
  CHECK(error_of([&] { writer.save(folder.path.string()); }) ==
        "atomic_file: cannot write " + folder.path.string() + " (Is a directory)");
  writer.add("\xff", Tensor::zeros({2}));
  CHECK(error_of([&] { writer.save(folder.file("a")); }) ==
        "safetensors: a name or a piece of metadata is not UTF-8, but the format needs it");
  CHECK(folder.count() == 0);
}
