#include "../../../models/data/bounded_json.h"

#include <nlohmann/json.hpp>

#include "../../testing.h"

using namespace scangrad;

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

TEST_CASE("bounded_json: text within the limits is parsed unchanged") {
  const std::string text = R"({"a":[1,2,3],"b":{"c":"d"}})";
  CHECK(parse_bounded<Json>(text, 2, 100).dump() == text);
  CHECK(!parse_bounded<Json>("no json", 2, 100).is_object());
  CHECK(!parse_bounded<Json>("{\"a\":", 2, 100).is_object());
}

TEST_CASE("bounded_json: values that are nested too deep are dropped, at any depth") {
  CHECK(parse_bounded<Json>(R"({"a":[1,[2,[3]]]})", 2, 100).dump() == R"({"a":[1,[]]})");
  CHECK(parse_bounded<Json>(R"({"a":[1,[2,[3]]]})", 3, 100).dump() == R"({"a":[1,[2,[]]]})");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(parse_bounded<Json>(deep, 2, 1'000'000).dump().size() < 10);
}

TEST_CASE("bounded_json: values after the limit are dropped") {
  std::string list = "[0";
  for (int i = 1; i < 100'000; ++i) list += ",0";
  CHECK(parse_bounded<Json>("{\"a\":" + list + "]}", 2, 100).dump().size() < 300);
}
