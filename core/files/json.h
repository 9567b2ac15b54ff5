// JSON from and to text. The code is compiled once, in json.cpp: nlohmann-json's reader and writer take seconds in
// every file that uses them.
//
//   using Json = nlohmann::ordered_json;
//   const Json json = parse_bounded<Json>(text, /*depth=*/2, /*values=*/1000);
//   file.write(json_text(json, 1) + "\n");
//
// A damaged file cannot use much memory: values nested deeper than `depth` are dropped, and so are all values after the
// first `values` parse events (about one for each value, key and bracket). Text that is no JSON gives a discarded
// value, which is no object.
//
// Json is nlohmann::ordered_json: as a template parameter, so that only .cpp files include its header.
#pragma once

#include <cstdint>
#include <string>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Json>
Json parse_bounded(const std::string& text, int depth, int64_t values);

// On one line, or with this many spaces for each level. Errors: nlohmann's, for text that is not UTF-8.
template <class Json>
std::string json_text(const Json& json, int indent = -1);
// The same on one line, with a sign in place of what is not UTF-8: for messages.
template <class Json>
std::string json_message(const Json& json);

}  // namespace scangrad::SCANGRAD_PRECISION
