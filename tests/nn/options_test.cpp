#include "../../nn/options.h"

#include "../testing.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

enum class Colour { kRed, kBlue };
const Choices<Colour>& choices(Colour) {
  static const Choices<Colour> list{{"red", Colour::kRed}, {"blue", Colour::kBlue}};
  return list;
}

const OptionList kList = {{"states", 16, "states per channel"},
                          {"share", 0.5, "a part"},
                          {"bias", true, "whether there are biases"},
                          {"data", "", "a file"},
                          {"colour", Colour::kRed, "what it looks like"}};

TEST_CASE("options: missing options get their defaults, in the order of the list") {
  const Options options = complete("toy", kList, {{"colour", Colour::kBlue}, {"states", 8}, {"share", 1}});
  CHECK(options.get<int64_t>("states") == 8);
  CHECK(options.get<double>("share") == 1.0);
  CHECK(options.get<bool>("bias"));
  CHECK(options.get<std::string>("data").empty());
  CHECK(options.get<Colour>("colour") == Colour::kBlue);
  std::vector<std::string> names;
  for (const auto& [name, value] : options) names.push_back(name + "=" + value.text());
  CHECK(names == std::vector<std::string>{"states=8", "share=1", "bias=true", "data=", "colour=blue"});
  CHECK(find_option(kList, "colour")->choices == std::vector<std::string>{"red", "blue"});
}

TEST_CASE("options: set() replaces a value, and erase() removes it") {
  Options options{{"states", 1}, {"bias", false}};
  options.set("states", 2);
  CHECK(options == Options{{"states", 2}, {"bias", false}});
  options.erase("states");
  options.erase("states");
  CHECK(options.find("states") == nullptr);
  CHECK(!options.empty());
}

TEST_CASE("options: errors are one line") {
  CHECK(error_of([] {
          complete("toy", kList, {{"state", 8}});
        }) == "toy: state is not an option here, but states, share, bias, data, colour are; the nearest is 'states'");
  CHECK(error_of([] { complete("toy", {}, {{"state", 8}}); }) == "toy: state is not an option here; there are none");
  CHECK(error_of([] {
          complete("toy", kList, {{"states", 1.5}});
        }) == "toy: states is 1.5, but a whole number is needed");
  CHECK(error_of([] { complete("toy", kList, {{"bias", 1}}); }) == "toy: bias is 1, but true or false is needed");
  CHECK(error_of([] { complete("toy", kList, {{"share", "half"}}); }) == "toy: share is half, but a number is needed");
  CHECK(error_of([] {
          complete("toy", kList, {{"colour", "blu"}});
        }) == "toy: colour is 'blu', but one of red, blue is needed; the nearest is 'blue'");
  const Options options{{"states", 1}, {"colour", "green"}};
  CHECK(error_of([&] { options.get<bool>("bias"); }) == "options: bias is not set");
  CHECK(error_of([&] { options.get<bool>("states"); }) ==
        "options: states is 1, which is read as another kind of value");
  CHECK(error_of([&] { options.get<Colour>("colour"); }) ==
        "options: colour is 'green', but one of red, blue is needed; the nearest is 'red'");
}

}  // namespace
}  // namespace scangrad::SCANGRAD_PRECISION
