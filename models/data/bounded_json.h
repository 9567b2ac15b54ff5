// Parses JSON with a bound on its depth and on the number of its values, so that a damaged file cannot use much memory.
//
//   const Json json = parse_bounded<Json>(text, /*depth=*/2, /*values=*/1000);
//
// Values nested deeper than `depth` are dropped, and so are all values after the first `values` parse events (about
// one for each value, key and bracket). Text that is no JSON gives a discarded value, which is no object.
//
// Json is nlohmann's type: as a template parameter, so that only .cpp files include its header.
#pragma once

#include <cstdint>
#include <string>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Json>
Json parse_bounded(const std::string& text, int depth, int64_t values) {
  const auto keeps = [depth, &values](int at, typename Json::parse_event_t, const Json&) {
    return at <= depth && --values > 0;
  };
  return Json::parse(text, keeps, /*allow_exceptions=*/false);
}

}  // namespace scangrad::SCANGRAD_PRECISION
