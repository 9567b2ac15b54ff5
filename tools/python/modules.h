// What the bindings of layers, networks and optimizers share: options as keyword arguments, and calls that only one
// thread may make at a time.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../../nn/in_use.h"
#include "../../nn/mixer.h"
#include "../../nn/params.h"
#include "../../nn/state.h"
#include "arguments.h"

namespace scangrad_tools {

// A layer, a network or an optimizer, with the parameters that a call on it uses.
template <class T>
struct Module {
  scangrad::Params params;
  T it;
};

// Calls f without the GIL. A second thread that uses the same parameters meanwhile gets the error Busy.
template <class F>
auto alone(const scangrad::Params& params, const char* unit, F f) {
  const scangrad::Use use(params.in_use(), unit);
  return without_gil(f);
}

// Calls f(state) for an input x (B, T, ...). If Python passes a state, f reads it, and the new state replaces it at the
// end; after an error it is unchanged. If Python passes none, every row starts a new sequence.
template <class X, class F>
scangrad::Tensor with_state(const scangrad::Params& params, const char* unit, scangrad::State* carried, const X& x,
                            const scangrad::Boundaries& at, F f) {
  using scangrad::State;
  scangrad::check(x.shape().rank() >= 2, "{}: the input has shape {}, but (B, T) or (B, T, channels) is needed", unit,
                  x.shape());
  const int64_t rows = at.streams(x.size(0));
  State next = carried != nullptr ? *carried : State(rows);
  scangrad::check(next.rows() == rows, "{}: state has {} rows, but the batch has {} streams", unit, next.rows(), rows);
  scangrad::Tensor y = alone(params, unit, [&] { return f(next); });
  if (carried != nullptr) *carried = std::move(next);
  return y;
}

// Reads keyword arguments. each(f) lists the options: f("lr", options.lr, ...). A mixer is listed as f("mixer",
// choice), or as f("", choice) if its name is known already; its own options are then keyword arguments too.
class Keywords {
 public:
  Keywords(const char* unit, const pybind11::kwargs& given) : unit_(unit), given_(given) {}

  template <class Each>
  void read(Each each) {
    std::vector<std::string> known;
    std::string mixer;
    each([&](const char* name, auto& value, const auto&...) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, scangrad::MixerChoice>) {
        read_mixer(name, value, known);
        mixer = value.name;
      } else {
        known.emplace_back(name);
        if (given_.contains(name)) set(name, value, given_[name]);
      }
    });
    for (const auto& [name, value] : given_) {
      const auto word = name.template cast<std::string>();
      if (std::find(known.begin(), known.end(), word) != known.end()) continue;
      const std::string owners = mixer.empty() ? mixer : scangrad::owners_of_option(word);
      scangrad::check(owners.empty(), "{}: {}, but the mixer is {}", unit_, owners, mixer);
      scangrad::fail("{}: there is no option {}, the nearest is {}", unit_, word, scangrad::nearest(word, known));
    }
  }

 private:
  void read_mixer(const std::string& name, scangrad::MixerChoice& mixer, std::vector<std::string>& known) {
    if (!name.empty()) {
      known.push_back(name);
      if (given_.contains(name.c_str())) set(name.c_str(), mixer.name, given_[name.c_str()]);
    }
    for (const scangrad::Option& option : scangrad::mixer_row(mixer.name).options) {
      const char* const word = option.name.c_str();
      known.push_back(option.name);
      if (!given_.contains(word)) continue;
      const pybind11::handle from = given_[word];
      std::visit(
          [&](auto value) {
            set(word, value, from);
            if constexpr (std::is_same_v<decltype(value), std::string>)
              scangrad::check(std::count(option.choices.begin(), option.choices.end(), value) > 0,
                              "{}: {} is '{}', but one of {} is needed", unit_, word, value,
                              scangrad::joined(option.choices));
            mixer.options.set(option.name, value);
          },
          option.standard.variant());
    }
  }

  template <class T>
  void set(const char* name, T& value, const pybind11::handle& from) {
    try {
      if constexpr (std::is_enum_v<T>)
        value = choice<T>(from.cast<std::string>(), fmt::format("{}: {}", unit_, name));
      else
        value = from.cast<T>();
    } catch (const pybind11::cast_error&) {
      const char* const needed = std::is_same_v<T, bool>       ? "True or False"
                                 : std::is_integral_v<T>       ? "a whole number"
                                 : std::is_floating_point_v<T> ? "a number"
                                                               : "a word";
      scangrad::fail("{}: {} is {}, but {} is needed", unit_, name, std::string(pybind11::repr(from)), needed);
    }
  }

  const char* unit_;
  const pybind11::kwargs& given_;
};

}  // namespace scangrad_tools
