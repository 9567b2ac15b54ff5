#include "json.h"

#include <nlohmann/json.hpp>

namespace scangrad::SCANGRAD_PRECISION {

template <class Json>
Json parse_bounded(const std::string& text, int depth, int64_t values) {
  const auto keeps = [depth, &values](int at, typename Json::parse_event_t, const Json&) {
    return at <= depth && --values > 0;
  };
  return Json::parse(text, keeps, /*allow_exceptions=*/false);
}

template <class Json>
std::string json_text(const Json& json, int indent) {
  return json.dump(indent);
}

template <class Json>
std::string json_message(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

using Used = nlohmann::ordered_json;
template SCANGRAD_API Used parse_bounded<Used>(const std::string& text, int depth, int64_t values);
template SCANGRAD_API std::string json_text<Used>(const Used& json, int indent);
template SCANGRAD_API std::string json_message<Used>(const Used& json);

}  // namespace scangrad::SCANGRAD_PRECISION
