#include "../../../models/training/profile_table.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("profile_table: has a line for each op and one for all, counted for a step") {
  Profile profile;
  for (int i = 0; i < 4; ++i) profile.record_forward("scan", 100);
  profile.record_backward("scan", 100);
  profile.lap("loop");
  const std::string table = profile_table(profile, 2);
  CHECK(std::count(table.begin(), table.end(), '\n') == 3);
  CHECK(table.rfind("op                    calls  forward ms  backward ms   share   GFLOP/s    GB/s\n", 0) == 0);
  CHECK(table.find("\nscan                      2 ") != std::string::npos);
  CHECK(table.find("\nall                       2 ") != std::string::npos);
  CHECK(table.find(" 100.0 % ") != std::string::npos);
}
