// A mixer of your own: an exponential average of the last steps, with a learned rate for each channel. It is registered
// by name, and then the networks and the training of this library take it like any other.
//
//   g++ -std=c++20 -O2 own_mixer.cpp $(pkg-config --cflags --libs scangrad) -o own_mixer && ./own_mixer
//   loss 0.012
//   mixer average, rate -2.0
#include <cstdio>

#include <scangrad/scangrad.h>

using namespace scangrad;

// h[t] = a h[t-1] + (1 - a) Linear(x[t]),  a = sigmoid(rate):  y[t] = Linear(h[t])
class Average : public Mixer {
 public:
  static OptionList options() {
    return {{"rate", 0.0, "sigmoid of it is the share of the state that is kept at first"}};
  }

  Average(const Params& params, const MixerConfig& config)
      : in_(params / "in", config.dim, config.dim),
        out_(params / "out", config.dim, config.dim),
        rate_(params.tensor("rate", {config.dim},
                            constant_init(static_cast<real>(config.options.get<double>("rate"))))) {}

  Tensor operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const override {
    const Tensor every = Tensor::zeros(x.shape());  // the rate at every step
    const Tensor keep = sigmoid(add(every, rate_)), write = sigmoid(scale(add(every, rate_), -1));
    const Tensor start = start_states(state["h"], {}, at, x.size(0), x.size(1));
    const Tensor h = boundary_scan(keep, multiply(write, in_(x)), start, at);
    state["h"] = last_states(h, start, at);
    return out_(h);
  }

 private:
  Linear in_, out_;
  Tensor rate_;
};

int main() {
  register_mixer({.name = "average",
                  .help = "an exponential average with learned rates",
                  .make = make_layer<Average>,
                  .options = Average::options()});

  // The network learns to count modulo 8.
  const Params params(/*seed=*/1);
  const LanguageModel model(
      params, {.vocab = 8, .stack = {.mixer = {"average", {{"rate", -2.0}}}, .layers = 1, .dim = 16, .expansion = 1}});
  AdamW adam(params, {.lr = 1e-2});
  Ids inputs({4, 16}), targets({4, 16});
  for (int i = 0; i < 64; ++i) inputs.data()[i] = i % 8, targets.data()[i] = (i + 1) % 8;
  double loss = 0;
  for (int step = 0; step < 100; ++step) {
    State state = model.start(4);
    const Tensor mean = cross_entropy(model(inputs, state), targets);
    mean.backward();
    adam.step();
    loss = static_cast<double>(mean.item());
  }
  std::printf("loss %.3f\n", loss);

  // Configurations of runs know it too.
  RunConfig config = preset("copy", "quick");
  config.stack.mixer = {"average", {{"rate", -2.0}}};
  const RunConfig read = parse_config(config_json(config), "config.json");
  std::printf("mixer %s, rate %.1f\n", read.stack.mixer.name.c_str(), read.stack.mixer.options.get<double>("rate"));
}
