// What may be left out of a command line, put in.
//
//   scangrad help train copy                the same as: scangrad train copy --help
//   scangrad train --resume runs/quick      the same as: scangrad train copy --resume runs/quick
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

// The words after the name of the program. Errors: --resume with a folder that holds no run.
std::vector<std::string> complete_line(std::vector<std::string> words);

}  // namespace scangrad_tools
