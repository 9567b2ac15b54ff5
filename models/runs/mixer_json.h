// A mixer and its options in a configuration.
//
//   "mixer": {"name": "mamba", "states": 16}                       what is written, with every option of that mixer
//   "mixer": "mamba", "states": 16, "heads": 1, "gates": "plain"   what older versions wrote is read too
//
// In the older form the options of all mixers stand next to the name; those of other mixers are checked and ignored.
//
// Errors: an unknown mixer, an unknown option (the message names the nearest one), a value of another kind.
#pragma once

#include <string>

#include "../../nn/mixer.h"
#include "json_fields.h"

namespace scangrad::SCANGRAD_PRECISION {

// The object as text.
SCANGRAD_API std::string mixer_json(const MixerChoice& mixer);
// Reads the field "mixer", and in the older form the options next to it. What is missing keeps its value.
SCANGRAD_API void read_mixer(JsonFields& read, MixerChoice& mixer);

// One field of a list such as each_stack_field().
template <class T>
void read_field(JsonFields& read, const char* name, T& value) {
  if constexpr (std::is_same_v<T, MixerChoice>)
    read_mixer(read, value);
  else
    read(name, value);
}

}  // namespace scangrad::SCANGRAD_PRECISION
