// Runs a target with every file of a folder, without libFuzzer, so that errors that were fixed once stay fixed.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "../temporary_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  std::vector<std::string> files;
  if (argc == 2)
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) files.push_back(entry.path().string());
  if (files.empty()) {
    std::fputs("replay: a folder with inputs is needed\n", stderr);
    return 1;
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // before it ends the process
    const std::string input = scangrad::read_file(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  return 0;
}
