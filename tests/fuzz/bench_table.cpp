// A table of `scangrad bench runtime`, which --table draws again.
#include "../../tools/bench/tables.h"

#include "fuzz.h"

namespace scangrad_fuzz {

void fuzz(const std::string& input) {
  const std::string path = file_of(input, "input.csv");
  for (const auto& [mixer, numbers] :
       scangrad_tools::read_mixer_table(path, "mixer,batch,length,dim,ms,tokens_per_s,peak_mb"))
    require(!mixer.empty() && numbers.size() == 6, "a row has no mixer, or too few numbers");
}

}  // namespace scangrad_fuzz
