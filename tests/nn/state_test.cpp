#include "../../nn/state.h"

#include "../../core/files/safetensors.h"
#include "../temporary_folder.h"
#include "../testing.h"

using namespace scangrad;

namespace {

// Two tensors in parts and one next to them.
State example(int64_t rows, uint64_t seed) {
  State state(rows);
  (state / "blocks" / 0 / "conv")["tail"] = random_tensor({rows, 3, 2}, seed);
  (state / "blocks" / 0 / "mixer")["h"] = random_tensor({rows, 4}, seed + 1);
  state["last"] = random_tensor({rows}, seed + 2);
  return state;
}

bool same(const State& u, const State& v) {
  const auto a = u.list(), b = v.list();
  if (u.rows() != v.rows() || a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].first != b[i].first || !same_bits(a[i].second, b[i].second)) return false;
  for (int64_t row = 0; row < u.rows(); ++row)
    if (u.position(row) != v.position(row)) return false;
  return true;
}

}  // namespace

TEST_CASE("state: a tensor is undefined until a layer stores one") {
  State state(2);
  CHECK(state.rows() == 2);
  CHECK(!state["h"].defined());
  CHECK(state.list().empty());
  state["h"] = Tensor({2, 1}, {3, 4});
  CHECK(state["h"].values() == std::vector<real>{3, 4});
  CHECK(state.get("h").values() == std::vector<real>{3, 4});
}

TEST_CASE("state: parts are reached by name, and listed after the tensors next to them") {
  State state = example(2, 1);
  State& mixer = state / "blocks" / 0 / "mixer";
  CHECK(&mixer == &(state / "blocks.0.mixer"));
  CHECK(mixer.rows() == 2);
  CHECK(same_bits(mixer["h"], state.get("blocks.0.mixer.h")));
  CHECK(same_bits(mixer["h"], state["blocks.0.mixer.h"]));
  state.set("blocks.1.mixer.h", Tensor::zeros({2, 4}));
  CHECK(same_bits((state / "blocks" / 1 / "mixer")["h"], Tensor::zeros({2, 4})));

  std::vector<std::string> names;
  for (const auto& [name, tensor] : state.list()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"last", "blocks.0.conv.tail", "blocks.0.mixer.h", "blocks.1.mixer.h"});
}

TEST_CASE("state: references stay valid while others are added") {
  State state;
  Tensor& h = state["h"];
  State& part = state / "a";
  for (int i = 0; i < 100; ++i) {
    state["h" + std::to_string(i)] = Tensor::zeros({1});
    (state / i)["h"] = Tensor::zeros({1});
  }
  h = Tensor::full({1}, 5);
  part["x"] = Tensor::full({1}, 6);
  CHECK(state.get("h").item() == 5);
  CHECK(state.get("a.x").item() == 6);
}

TEST_CASE("state: a copy keeps the old state") {
  State state = example(2, 1);
  const State before = state;
  CHECK(before.get("last").data() == state.get("last").data());
  (state / "blocks.0.mixer")["h"] = Tensor::zeros({2, 4});
  state.advance(3);
  CHECK(same(before, example(2, 1)));
  CHECK(!same(before, state));
}

TEST_CASE("state: a part can be replaced by an older one") {
  State state = example(2, 1);
  const State part = state / "blocks.0";
  (state / "blocks.0.mixer")["h"] = Tensor();
  CHECK(state.list().size() == 2);
  state / "blocks.0" = part;
  state / "copy" = part;
  CHECK(same_bits(state.get("blocks.0.mixer.h"), example(2, 1).get("blocks.0.mixer.h")));
  CHECK(same_bits(state.get("copy.mixer.h"), state.get("blocks.0.mixer.h")));
}

TEST_CASE("state: gradients flow through it until it is detached") {
  const Tensor x = leaf(random_tensor({2, 4}, 1));
  State state(2);
  (state / "mixer")["h"] = x;
  state["none"];
  state.advance(7);
  const State cut = state.detach();
  CHECK(state.get("mixer.h").requires_grad());
  CHECK(!cut.get("mixer.h").requires_grad());
  CHECK(cut.get("mixer.h").data() == x.data());
  CHECK(cut.position() == 7);

  const State both = State::merge({state, state.rows({1, 1, 0})});
  backward({both.get("mixer.h")}, {Tensor::full({5, 4}, 1)});
  CHECK(x.grad().values() == std::vector<real>{2, 2, 2, 2, 3, 3, 3, 3});
}

TEST_CASE("state: selected rows merge to the whole state, positions included") {
  State state = example(3, 1);
  state.advance(10);
  (state / "blocks.0.mixer").advance(4);
  state.set_position(1, 12);
  state.advance(1);
  CHECK(state.position(0) == 11);
  CHECK(state.position(1) == 13);
  CHECK(state.position(2) == 11);
  State again = State::merge({state.rows({0}), state.rows({1, 2})});
  CHECK(same(again, state));
  CHECK((again / "blocks.0.mixer").position(2) == 4);

  const State turned = state.rows({2, 1, 1});
  CHECK(turned.rows() == 3);
  CHECK(turned.position(0) == 11);
  CHECK(turned.position(2) == 13);
  const Tensor h = state.get("blocks.0.mixer.h"), t = turned.get("blocks.0.mixer.h");
  CHECK(std::equal(t.data(), t.data() + 4, h.data() + 8));
  CHECK(std::equal(t.data() + 8, t.data() + 12, h.data() + 4));
}

TEST_CASE("state: it is saved in a file with other tensors and loaded again") {
  const TemporaryFolder folder;
  State state = example(3, 1);
  state["none"];
  state.set("blocks.10.h", random_tensor({3, 2}, 7));
  state.set("blocks.2.h", random_tensor({3, 2}, 8));
  state.advance(10);
  state.set_position(1, 4);
  (state / "blocks.0.mixer").advance(3);
  SafetensorsWriter writer;
  writer.add("adam.steps", std::vector<int64_t>{5});
  state.save(writer, "h.");
  State(2).save(writer, "fresh.");
  writer.save(folder.file("train.safetensors"));

  const SafetensorsFile file(folder.file("train.safetensors"));
  State again = State::load(file, "h.");
  CHECK(same(again, state));
  CHECK((again / "blocks.0.mixer").position(2) == 3);
  CHECK(State::load(file, "fresh.").rows() == 2);
  CHECK(State::load(file, "fresh.").list().empty());
  CHECK(error_of([&] { (void)State::load(file); }) == "state: " + file.path() + " holds no state under \"\"");
}

TEST_CASE("state: a file whose state contradicts itself is an error") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name, const Tensor& tensor, const std::vector<int64_t>& positions) {
    SafetensorsWriter writer;
    writer.add("position", std::vector<int64_t>{0, 0});
    if (tensor.defined())
      writer.add(name, tensor);
    else
      writer.add(name, positions);
    writer.save(folder.file("a"));
    const std::string message = error_of([&] { (void)State::load(SafetensorsFile(folder.file("a"))); });
    return message;
  };
  CHECK(error("h", Tensor::zeros({3, 1}), {}) == "state: h has shape [3, 1], but 2 rows are needed");
  CHECK(error("h", Tensor(), {1, 2}) ==
        "safetensors: " + folder.file("a") + ": \"h\" has dtype I64, but F32, F64, F16 or BF16 is needed");
  CHECK(error("mixer.position", Tensor(), {1}) ==
        "state: " + folder.file("a") + ": mixer.position has 1 numbers for 2 rows");
  CHECK(error("mixer.position", Tensor(), {1, -1}) == "state: position is -1, but at least 0 is needed");
  CHECK(error("mixer.position", Tensor(), {1, INT64_MAX}) ==
        "state: position is 9223372036854775807, but at most 2^60 is possible");
  CHECK(error(std::string(100000, '.'), Tensor::zeros({2}), {}) ==
        "state: a name has 99999 dots, but at most 16 are possible");
}

TEST_CASE("state: errors name wrong names, rows and parts") {
  State state = example(2, 1);
  CHECK(error_of([&] { State(0); }) == "state: rows is 0, but at least 1 is needed");
  CHECK(error_of([&] { state[""]; }) ==
        "state: name is \"\", but one without empty words and without \"position\" is needed");
  CHECK(error_of([&] { state["a..b"]; }) ==
        "state: name is \"a.\", but one without empty words and without \"position\" is needed");
  CHECK(error_of([&] { state / "position"; }) ==
        "state: name is \"position\", but one without empty words and without \"position\" is needed");
  CHECK(error_of([&] { state.set("h", Tensor::zeros({3, 4})); }) == "state: h has shape [3, 4], but 2 rows are needed");
  CHECK(error_of([&] { state.get("blocks.0.mixer.g"); }) ==
        "state: there is no blocks.0.mixer.g, the nearest is blocks.0.mixer.h");
  CHECK(error_of([&] { State().get("h"); }) == "state: there is no h; the state is empty");
  CHECK(error_of([&] { (void)state.rows({2}); }) == "state: row is 2, but there are 2 rows");
  CHECK(error_of([&] { (void)state.rows({}); }) == "state: rows is 0, but at least 1 is needed");
  CHECK(error_of([&] { (void)state.position(-1); }) == "state: row is -1, but there are 2 rows");
  CHECK(error_of([&] { state.set_position(0, -5); }) == "state: position is -5, but at least 0 is needed");
  CHECK(error_of([] { (void)State::merge({}); }) == "state: there are no parts, but at least one is needed");
  State other = example(1, 4);
  other["extra"] = Tensor::zeros({1});
  CHECK(error_of([&] {
          (void)State::merge({state, other});
        }) == "state: extra is defined in 1 of 2 parts, but all or none are needed");
  std::string deep = "a";
  for (int i = 0; i < 100000; ++i) deep += ".a";
  CHECK(error_of([&] { state.set(deep, Tensor::zeros({2})); }) ==
        "state: a name has 99999 dots, but at most 16 are possible");
}
