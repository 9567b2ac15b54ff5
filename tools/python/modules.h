// What Python needs for everything that has parameters: options by name, and calls by one thread at a time.
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

// A call during which no other thread may use the same parameters. It runs without the GIL.
template <class F>
auto alone(const scangrad::Params& params, const char* unit, F f) {
  const scangrad::Use use(params.in_use(), unit);
  return without_gil(f);
}

// A call f(state) on x (B, T, ...) that reads a carried state and replaces it, or starts new sequences where Python
// gives none. The given state is replaced at the end: until then, and after an error, it is unchanged.
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

// Options that Python gives by name, as each(f) lists them: f("lr", options.lr, ...). After a mixer's name come its own
// options: f("mixer", choice), or f("", choice) where the name is known already.
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
