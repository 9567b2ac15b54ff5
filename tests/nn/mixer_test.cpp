#include <list>
#include <thread>

#include "../../core/files/text.h"
#include "../../nn/saved_params.h"
#include "../../ops/indexing/concat.h"
#include "../properties.h"
#include "../same_bits.h"
#include "../temporary_folder.h"
#include "mixers.h"

using namespace scangrad;

TEST_CASE("mixer: every mixer of the table agrees in parallel, in chunks and step by step") {
  for (const std::string& name : mixer_names()) {
    check_mixer(name, {.dim = 1});
    check_mixer(name, {.dim = 6, .expansion = 1.5});
    check_mixer(name,
                {.dim = 3, .expansion = 2, .options = known_options(mixer_row(name).options, {{"learned_h0", false}})});
  }
}

namespace {

constexpr double kClose = kDouble ? 1e-13 : 1e-5;

void require_close(const State& state, const State& other) {
  const std::vector<Tensor> a = tensors_of(state), b = tensors_of(other);
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i)
    REQUIRE(relative_error(without_room(a[i], b[i]), without_room(b[i], a[i])) < kClose);
}

// A mixer of random size, and its input.
struct RandomMixer {
  RandomMixer(const std::string& name, Draw& draw)
      : config{.dim = draw.size(17),
               .expansion = double(1 + draw.below(2)),
               .options = known_options(mixer_row(name).options, {{"learned_h0", draw.maybe()}})},
        B(draw.size(4)),
        T(draw.size(33)),
        params(draw.seed()),
        mixer(make_mixer(name, params, config)),
        x(draw.tensor({B, T, config.dim}, -2, 2)) {}

  Tensor part(int64_t begin, int64_t end) const { return slice(x, 1, begin, end); }

  MixerConfig config;
  int64_t B, T;
  Params params;
  std::unique_ptr<Mixer> mixer;
  Tensor x;
};

State through_file(const State& state, const std::string& path) {
  SafetensorsWriter writer;
  state.save(writer, "state.");
  writer.save(path);
  return State::load(SafetensorsFile(path), "state.");
}

}  // namespace

TEST_CASE("mixer: on random shapes a whole sequence, chunks and single steps agree") {
  for (const std::string& name : mixer_names()) {
    INFO(name);
    for_cases(6, [&](Draw& draw) {
      const RandomMixer random(name, draw);
      State end(random.B);
      const Tensor whole = (*random.mixer)(random.x, end);
      for (const int64_t longest : {int64_t(1), random.T}) {
        State state(random.B);
        std::vector<Tensor> parts;
        for (int64_t t = 0, steps; t < random.T; t += steps) {
          steps = std::min(1 + draw.below(longest), random.T - t);
          parts.push_back((*random.mixer)(random.part(t, t + steps), state));
        }
        REQUIRE(relative_error(concatenate(parts, 1), whole) < kClose);
        require_close(state, end);
      }
    });
  }
}

TEST_CASE("mixer: rows of a batch, run separately and merged, equal the batch") {
  for (const std::string& name : mixer_names()) {
    INFO(name);
    for_cases(6, [&](Draw& draw) {
      const RandomMixer random(name, draw);
      const int64_t cut = draw.below(random.T);
      State state(random.B);
      if (cut > 0) (*random.mixer)(random.part(0, cut), state);
      std::vector<State> ends;
      std::vector<Tensor> rows;
      for (int64_t b = 0; b < random.B; ++b) {
        ends.push_back(state.rows({b}));
        rows.push_back((*random.mixer)(slice(random.part(cut, random.T), 0, b, b + 1), ends.back()));
      }
      const Tensor y = (*random.mixer)(random.part(cut, random.T), state);
      REQUIRE(relative_error(concatenate(rows, 0), y) < kClose);
      require_close(State::merge(ends), state);
    });
  }
}

TEST_CASE("mixer: parameters and states that were saved and loaded continue with the same bits") {
  const TemporaryFolder folder;
  for (const std::string& name : mixer_names()) {
    INFO(name);
    for_cases(3, [&](Draw& draw) {
      const RandomMixer random(name, draw);
      const Params other(draw.seed());
      const auto again = make_mixer(name, other, random.config);
      save_params(random.params, folder.file("params"));
      load_params(other, SafetensorsFile(folder.file("params")));
      const int64_t cut = 1 + draw.below(random.T);
      State state(random.B);
      (*random.mixer)(random.part(0, cut), state);
      State loaded = through_file(state, folder.file("state"));
      const Tensor next = draw.tensor({random.B, draw.size(9), random.config.dim});
      REQUIRE(same_bits((*again)(next, loaded), (*random.mixer)(next, state)));
      const std::vector<Tensor> a = tensors_of(loaded), b = tensors_of(state);
      REQUIRE(a.size() == b.size());
      for (size_t i = 0; i < a.size(); ++i) REQUIRE(same_bits(a[i], b[i]));
    });
  }
}

// Copies of tensors one element after a multiple of 64 bytes, in foreign memory.
class OddMemory {
 public:
  Tensor operator()(const Tensor& tensor) {
    Tensor to = Tensor::over(place(tensor.numel()), tensor.shape(), nullptr);
    to.copy_from(tensor);
    return to;
  }
  real* place(int64_t count) {
    buffers_.emplace_back((count + 1) * int64_t(sizeof(real)));
    return static_cast<real*>(buffers_.back().data()) + 1;
  }

 private:
  std::list<Buffer> buffers_;
};

TEST_CASE("mixer: inputs, weights and gradients may have any alignment of an element") {
  for (const std::string& name : mixer_names()) {
    INFO(name);
    const int64_t B = 2, T = 70, D = 32;
    OddMemory odd;
    const auto run = [&](bool is_odd) {
      const Params params(3);
      const auto mixer = make_mixer(name, params, {.dim = D, .expansion = 2});
      for (const Param& param : params.list()) {
        if (!is_odd) continue;
        Tensor(param.tensor).move_to(odd.place(param.tensor.numel()), nullptr);
        place_grad(param.tensor, odd(param.tensor));
      }
      const Tensor x = random_tensor({B, T, D}, 1), up = random_tensor({B, T, D}, 2);
      const Tensor in = leaf(is_odd ? odd(x) : x);
      State state(B);
      const Tensor y = (*mixer)(in, state);
      backward({y}, {is_odd ? odd(up) : up});
      std::vector<Tensor> results{y.detach(), in.grad()};
      for (const Param& param : params.list()) results.push_back(param.tensor.grad());
      return results;
    };
    const std::vector<Tensor> at_64 = run(false), at_any = run(true);
    REQUIRE(at_64.size() == at_any.size());
    CHECK(reinterpret_cast<uintptr_t>(at_any[2].data()) % 64 == sizeof(real));
    for (size_t i = 0; i < at_64.size(); ++i) CHECK(same_bits(at_any[i], at_64[i]));
  }
}

namespace {

// Outputs, the new state, and gradients of carried state, input and parameters.
std::vector<Tensor> all_results(const std::string& name, int64_t B, int64_t T, int64_t D, const Boundaries& at = {}) {
  const int64_t streams = at.streams(B);
  const Params params(5);
  const auto mixer = make_mixer(name, params, {.dim = D, .expansion = 2, .dropout = name == "attention" ? 0.1 : 0});
  const Tensor x = leaf(random_tensor({B, T, D}, 1, -2, 2));
  State before(streams);
  (*mixer)(random_tensor({streams, 3, D}, 2, -2, 2), before);
  State state = leaves_of(before);
  std::vector<Tensor> wanted = tensors_of(state);
  wanted.push_back(x);
  for (const Param& param : params.list()) wanted.push_back(param.tensor);

  Rng training(6);
  std::vector<Tensor> results{(*mixer)(x, state, at, &training)};
  for (const Tensor& tensor : tensors_of(state)) results.push_back(tensor);
  std::vector<Tensor> roots, ups;
  for (const Tensor& result : results) {
    if (!result.requires_grad()) continue;  // how many steps a state of attention holds
    roots.push_back(result);
    ups.push_back(random_tensor(result.shape(), 90 + roots.size()));
  }
  backward(roots, ups);
  for (Tensor& result : results) result = result.detach();
  for (const Tensor& each : wanted) results.push_back(each.grad());
  return results;
}

void check_mixer_threads(const std::string& name, int64_t B, int64_t T, int64_t D, const Boundaries& at = {}) {
  INFO(name, " ", B, " ", T);
  check_threads([&] { return all_results(name, B, T, D, at); });
}

}  // namespace

TEST_CASE("mixer: any number of threads gives the same bits, with many, long and ragged sequences") {
  for (const std::string& name : mixer_names()) {
    check_mixer_threads(name, 16, 150, 20);
    check_mixer_threads(name, 2, 1000, 20);  // cut in time
    Ids mask({2, 1000});
    for (int64_t i = 0; i < mask.numel(); ++i) mask.data()[i] = i % 700 == 690;
    check_mixer_threads(name, 2, 1000, 20, Boundaries::reset(mask));
    check_mixer_threads(name, 3, 600, 20, Boundaries::lengths({600, 0, 250}));
    check_mixer_threads(name, 1, 1500, 20, Boundaries::packed({0, 3, 1100, 1100, 1500}));
  }
}

TEST_CASE("mixer: several mixers in separate threads have the same bits as one alone") {
  const WithThreads two(2);  // for each of them
  const std::vector<std::string> names = mixer_names();
  std::vector<std::vector<Tensor>> alone, together(names.size());
  for (const std::string& name : names) alone.push_back(all_results(name, 2, 500, 20));
  std::vector<std::thread> crew;
  for (size_t i = 0; i < names.size(); ++i)
    crew.emplace_back([&together, &names, i] { together[i] = all_results(names[i], 2, 500, 20); });
  for (std::thread& each : crew) each.join();
  for (size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    for (size_t k = 0; k < alone[i].size(); ++k) CHECK(same_bits(together[i].at(k), alone[i][k]));
  }
}

TEST_CASE("mixer: an unknown name gets the nearest one") {
  CHECK(error_of([] { make_mixer("mingur", Params(1), {}); }) ==
        "mixer: name is 'mingur', but one of " + joined(mixer_names()) + " is needed; the nearest is 'mingru'");
}

TEST_CASE("mixer: an option of another mixer is refused with the mixer that has it") {
  CHECK(error_of([] {
          make_mixer("mingru", Params(1), {.options = {{"states", 8}}});
        }) ==
        "mixer mingru: states is an option of mamba; the options here are candidate, space, learned_h0, bias, to_out");
  CHECK(error_of([] {
          make_mixer("gru", Params(1), {.options = {{"gates", "plain"}}});
        }) == "mixer gru: gates is an option of minlstm; here there are no options");
  CHECK(error_of([] {
          make_mixer("mamba", Params(1), {.options = {{"statse", 8}}});
        }) == "mixer mamba: statse is not an option here, but states are; the nearest is 'states'");
  CHECK(error_of([] {
          make_mixer("mamba", Params(1), {.options = {{"states", "many"}}});
        }) == "mixer mamba: states is many, but a whole number is needed");
}

TEST_CASE("mixer: a row needs a new name and a function that makes the mixer") {
  const size_t before = mixer_names().size();
  CHECK(error_of([] { register_mixer({.name = "mamba", .help = "again", .make = mixer_row("mamba").make}); }) ==
        "mixer: mamba is registered already; another name is needed");
  CHECK(error_of([] { register_mixer({.name = "none", .help = "", .make = nullptr}); }) ==
        "mixer: a row has no maker, but a name and a maker are needed");
  CHECK(mixer_names().size() == before);
}

TEST_CASE("mixer: inner channels are a whole number of at least one") {
  CHECK(inner_channels("min_gru", {.dim = 6, .expansion = 1.5}) == 9);
  CHECK(inner_channels("min_gru", {.dim = 49, .expansion = 1 / 49.0}) == 1);  // 49 (1 / 49) is below 1
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = 1.5}); }) ==
        "min_gru: expansion is 1.5 at dim 5, but expansion * dim must be a whole number of channels, 1 to 1000000000");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = -1}); }) ==
        "min_gru: expansion is -1 at dim 5, but expansion * dim must be a whole number of channels, 1 to 1000000000");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = 1e9}); }) ==
        "min_gru: expansion is 1000000000 at dim 5, but expansion * dim must be a whole number of channels, 1 to "
        "1000000000");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 0}); }) == "min_gru: dim is 0, but at least 1 is needed");
}
