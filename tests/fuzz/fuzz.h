// The interface of fuzz targets. A target is one file that defines fuzz(); limits.cpp checks the rules for every
// reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace scangrad_fuzz {

// Reads an input as the library or the program does, and checks the result. May throw scangrad::Error.
void fuzz(const std::string& input);

// Ends the process, which is how libFuzzer is told.
void require(bool holds, const std::string& what);

// The path of a file of this process that is to be read, and of one that may be written.
std::string file_of(std::string_view content, const std::string& name = "input");
std::string path_of(const std::string& name);

}  // namespace scangrad_fuzz
