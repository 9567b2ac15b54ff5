#include "../../../core/files/json.h"

#include <nlohmann/json.hpp>

#include "../../testing.h"

using namespace scangrad;
using Json = nlohmann::ordered_json;

TEST_CASE("json: text within the limits is parsed unchanged") {
  const std::string text = R"({"a":[1,2,3],"b":{"c":"d"}})";
  CHECK(parse_bounded<Json>(text, 2, 100).dump() == text);
  CHECK(!parse_bounded<Json>("no json", 2, 100).is_object());
  CHECK(!parse_bounded<Json>("{\"a\":", 2, 100).is_object());
}

TEST_CASE("json: values that are nested too deep are dropped, at any depth") {
  CHECK(parse_bounded<Json>(R"({"a":[1,[2,[3]]]})", 2, 100).dump() == R"({"a":[1,[]]})");
  CHECK(parse_bounded<Json>(R"({"a":[1,[2,[3]]]})", 3, 100).dump() == R"({"a":[1,[2,[]]]})");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(parse_bounded<Json>(deep, 2, 1'000'000).dump().size() < 10);
}

TEST_CASE("json: values after the limit are dropped") {
  std::string list = "[0";
  for (int i = 1; i < 100'000; ++i) list += ",0";
  CHECK(parse_bounded<Json>("{\"a\":" + list + "]}", 2, 100).dump().size() < 300);
}

TEST_CASE("json: text is written as it is read, with or without line breaks") {
  const Json json = parse_bounded<Json>(R"({"b": [1, 0.5], "a": "x"})", 2, 100);
  CHECK(json_text(json) == R"({"b":[1,0.5],"a":"x"})");
  CHECK(json_text(json, 1) == "{\n \"b\": [\n  1,\n  0.5\n ],\n \"a\": \"x\"\n}");
}

TEST_CASE("json: what is not UTF-8 is an error in a file and a sign in a message") {
  const Json json = "a\xff";
  CHECK_THROWS_AS(json_text(json), Json::type_error);
  CHECK(json_message(json) == "\"a\xef\xbf\xbd\"");
}
