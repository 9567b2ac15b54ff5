#include "../../nn/saved_params.h"

#include <limits>

#include "../core/kernels/rounded.h"
#include "../temporary_folder.h"
#include "../testing.h"

using namespace scangrad;

TEST_CASE("saved_params: a network that is loaded from a file is at most a little larger than the file") {
  const TemporaryFolder folder;
  SafetensorsWriter writer;
  writer.add("x", Tensor::zeros({2}));
  writer.save(folder.file("a"));
  const SafetensorsFile file(folder.file("a"));
  CHECK(limits_of(file).numbers == 65'536 + 2 * int64_t(sizeof(real)));
  CHECK(limits_of(file).tensors == 64 + 2);
}

TEST_CASE("saved_params: parameters are saved and loaded by name, all or none") {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.safetensors");
  const auto make = [](uint64_t seed, int64_t width, const std::string& extra) {
    const Params params(seed);
    (params / "mlp").tensor("weight", {3, width}, uniform_init(1));
    params.tensor("bias", {3}, uniform_init(1));
    params.buffer("mean", {2}, static_cast<real>(seed));
    if (!extra.empty()) params.tensor(extra, {1}, constant_init(0));
    return params;
  };
  const Params one = make(1, 4, ""), two = make(2, 4, "");
  save_params(one, path, {{"mixer", "mingru"}});
  const SafetensorsFile file(path);
  CHECK(file.metadata().at("mixer") == "mingru");
  const uint64_t version = two.find("bias").tensor.version();
  load_params(two, file);
  CHECK(same_bits(one.values(), two.values()));
  CHECK(two.saved().back().second.values() == std::vector<real>{1, 1});
  CHECK(two.find("bias").tensor.version() > version);

  const Params before = make(3, 4, "");
  const auto error = [&](const Params& params) {
    const std::string message = error_of([&] { load_params(params, file); });
    return message.substr(message.find("model.safetensors") + 17);
  };
  CHECK(error(make(1, 4, "gate")) == " lacks gate");
  CHECK(error(make(1, 5, "")) == ": mlp.weight has shape [3, 4], but the parameter has [3, 5]");
  const Params other(1);
  CHECK(error(other) == " has unexpected \"mlp.weight\", \"bias\", \"mean\"");
  for (const char* const name : {"a", "b", "c", "d", "e", "f"}) other.tensor(name, {1}, constant_init(0));
  CHECK(error(other) == " lacks a, b, c, d and 2 more, and has unexpected \"mlp.weight\", \"bias\", \"mean\"");
  Params partly(9);
  partly.buffer("mean", {2}, 0);
  partly.tensor("bias", {3}, constant_init(9));
  (partly / "mlp").tensor("weight", {4, 3}, constant_init(9));
  CHECK(error(partly) == ": mlp.weight has shape [3, 4], but the parameter has [4, 3]");
  CHECK(partly.find("bias").tensor.values() == std::vector<real>{9, 9, 9});
}

TEST_CASE("saved_params: in bf16 weights are rounded and take two bytes; biases and buffers keep their numbers") {
  const TemporaryFolder folder;
  const auto make = [](uint64_t seed) {
    const Params params(seed);
    params.tensor("weight", {64, 33}, uniform_init(1));
    params.tensor("bias", {33}, uniform_init(1));
    params.buffer("batches", {1}, static_cast<real>(1000 + seed));  // no bf16 number
    return params;
  };
  const Params one = make(1), two = make(2);
  save_params(one, folder.file("half"), {{"a", "b"}}, Precision::kBf16);
  const SafetensorsFile file(folder.file("half"));
  CHECK(file.entry("weight").end - file.entry("weight").begin == int64_t(2 * 64 * 33));
  load_params(two, file);
  const auto find = [](const Params& params, size_t i) { return params.saved()[i].second; };
  CHECK(same_bits(find(two, 0), rounded(find(one, 0))));
  CHECK_FALSE(same_bits(find(two, 0), find(one, 0)));
  for (const size_t i : {1, 2}) CHECK(same_bits(find(two, i), find(one, i)));
}

TEST_CASE("saved_params: parameters that are not finite are refused, and nothing changes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("weights");
  const Params one(1), two(2);
  for (const Params& params : {one, two}) Params(params).tensor("w", {2, 3}, normal_init(1));
  Tensor w = one.find("w").tensor;
  w.mutable_data()[4] = -std::numeric_limits<real>::infinity();
  save_params(one, path);
  const Tensor before = two.values().clone();
  const SafetensorsFile file(path);
  CHECK(error_of([&] { load_params(two, file); }) ==
        "safetensors: " + path + ": \"w\" holds -inf at element 4, but finite numbers are needed");
  CHECK(same_bits(two.values(), before));
  CHECK(same_bits(file.tensor("w"), w));
}

TEST_CASE("saved_params: copy_named copies all tensors or none") {
  const Tensor a({2}, {1, 2}), b({3}, {3, 4, 5});
  const NamedTensors to = {{"a", a.clone()}, {"b.weight", b.clone()}};
  const auto values = [&](size_t i) { return to[i].second.values(); };
  const auto scaled = [](const Tensor& x, real factor) { return Tensor::full(x.shape(), factor); };
  copy_named(to, {{"b.weight", scaled(b, 7)}, {"a", scaled(a, 6)}}, "the dict");  // in any order
  CHECK(values(0) == std::vector<real>{6, 6});
  CHECK(values(1) == std::vector<real>{7, 7, 7});
  const auto error = [&](const NamedTensors& from) { return error_of([&] { copy_named(to, from, "the dict"); }); };
  CHECK(error({{"a", a}}) == "the dict lacks b.weight");
  CHECK(error({{"a", a}, {"b.weight", b}, {"c", a}}) == "the dict has unexpected \"c\"");
  CHECK(error({{"a", a}, {"b.weigth", b}}) == "the dict lacks b.weight, and has unexpected \"b.weigth\"");
  CHECK(error({{"a", a}, {"b.weight", a}}) == "the dict: b.weight has shape [2], but [3] is needed");
  CHECK(values(0) == std::vector<real>{6, 6});
}
