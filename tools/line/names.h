// What an unknown word of a command line most likely means: other programs have other names for the same thing.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

// The end of a message about an unknown option or argument, which says what to type; empty if nothing known is near.
//
//   meant("--learning-rate", {"--lr", ...})    "; here it is '--lr'"
//   meant("--temp", {"--temperature", ...})    "; the nearest is '--temperature'"
//   meant("--device", ...)                     "; scangrad computes on the CPU, so leave it out"
std::string meant(const std::string& word, const std::vector<std::string>& known);

}  // namespace scangrad_tools
