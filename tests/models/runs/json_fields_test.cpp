#include "../../../models/runs/json_fields.h"

#include "../../../models/runs/config_fields.h"
#include "../../../nn/mixers/min_lstm.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("json_fields: existing fields are read, others keep their value") {
  JsonFields read(R"({"a": 3, "b": 2.5, "c": true, "d": "é\n", "e": 4, "gates": "normalised"})", "a.json");
  int64_t a = 0, missing = 7;
  double b = 0, e = 0;
  bool c = false;
  std::string d;
  Gates gates = Gates::kPlain;
  Space space = Space::kLog;
  read("a", a);
  read("b", b);
  read("c", c);
  read("d", d);
  read("e", e);  // a whole number is a number too
  read("gates", gates);
  read("space", space);
  read("missing", missing);
  read.finish();
  CHECK((a == 3 && b == 2.5 && c && d == "é\n" && e == 4 && gates == Gates::kNormalised));
  CHECK((missing == 7 && space == Space::kLog));
  CHECK((read.has("a") && !read.has("missing")));
}

TEST_CASE("json_fields: errors name fields that cannot be read, and nothing changes") {
  for (const char* text : {"", "[1]", "3", "null", R"({"a": 1)", R"({"a": 1} x)", "{\"a\": \"\xff\"}"})
    CHECK(error_of([&] { JsonFields(text, "a.json"); }) == "config: a.json is not a JSON object");

  JsonFields read(R"({"a": 1.5, "b": "x", "c": 9223372036854775808, "d": null})", "a.json");
  int64_t number = 7;
  bool flag = true;
  std::string text = "before";
  CHECK(error_of([&] { read("a", number); }) == "config: a of a.json is 1.5, but a whole number is needed");
  CHECK(error_of([&] { read("c", number); }) ==
        "config: c of a.json is 9223372036854775808, but a whole number is needed");
  CHECK(error_of([&] { read("b", flag); }) == "config: b of a.json is \"x\", but true or false is needed");
  CHECK(error_of([&] { read("d", text); }) == "config: d of a.json is null, but a string is needed");
  JsonFields deep(R"({"a": )" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}", "a.json");
  CHECK(error_of([&] { deep("a", number); }) == "config: a of a.json is array, but a whole number is needed");
  CHECK(error_of([&] { deep.choice("a", {"y"}); }) == "config: a of a.json is array, but one of y is needed");
  CHECK(error_of([&] { read.choice("b", {"y", "z"}); }) == "config: b of a.json is \"x\", but one of y, z is needed");
  CHECK((number == 7 && flag && text == "before"));
}

TEST_CASE("json_fields: nested keys are not fields") {
  JsonFields read(R"({"a": {"b": 1, "c": [{"d": 2}]}, "e": [3], "f": 4})", "a.json");
  int64_t b = 0, f = 0;
  read("b", b);
  read("f", f);
  CHECK((b == 0 && f == 4 && read.has("a") && !read.has("d")));
  CHECK(error_of([&] { read("a", b); }) == "config: a of a.json is object, but a whole number is needed");
  CHECK(error_of([&] { read("e", b); }) == "config: e of a.json is array, but a whole number is needed");
}

TEST_CASE("json_fields: repeated keys and too many keys are errors") {
  CHECK(error_of([] { JsonFields(R"({"a": 1, "b": {"a": 2}, "a": 1})", "a.json"); }) ==
        "config: a.json has the key 'a' twice");
  std::string many = "{";
  for (int i = 0; i < 1'000; ++i) many += "\"" + std::to_string(i) + "\": 0, ";
  many += "\"x\": 0}";
  CHECK(error_of([&] { JsonFields(many, "a.json"); }) == "config: a.json has more than 1000 keys");
}

TEST_CASE("json_fields: quotations in messages are shortened") {
  const std::string x(5'000, 'x'), half(40, 'x'), cut = half + "..." + half;  // added in one go, g++ 12 warns in vain
  JsonFields read("{\"" + x + "\": 1, \"a\": \"" + x + "\"}", "a.json");
  int64_t a = 0;
  CHECK(error_of([&] { read("a", a); }) == "config: a of a.json is \"" + std::string(39, 'x') + "..." +
                                               std::string(39, 'x') + "\", but a whole number is needed");
  CHECK(error_of([&] { read.finish(); }) ==
        "config: a.json has the unknown key '" + cut + "'; the nearest known one is 'a'");
}

TEST_CASE("json_fields: a key that was not read is refused") {
  JsonFields read(R"({"layers": 1, "layer": 2})", "a.json");
  int64_t layers = 0;
  read("layers", layers);
  CHECK(error_of([&] { read.finish(); }) ==
        "config: a.json has the unknown key 'layer'; the nearest known one is 'layers'");
}
