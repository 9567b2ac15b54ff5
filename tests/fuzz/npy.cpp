// NumPy's array files: read as arrays, and as a series.
#include <cstring>

#include "../../models/data/npy_file.h"
#include "../../models/data/series_data.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const std::string path = file_of(input, "input.npy");
  const NpyFile file(path);
  const std::vector<double> numbers = file.numbers();
  save_npy(path_of("again.npy"), file.shape(), numbers);
  const NpyFile again(path_of("again.npy"));
  const std::vector<double> read = again.numbers();
  require(again.shape() == file.shape() && read.size() == numbers.size(), "an array was read again in another shape");
  // Bits, since NaNs differ from themselves.
  require(numbers.empty() || std::memcmp(read.data(), numbers.data(), numbers.size() * sizeof(double)) == 0,
          "numbers were read again as others");
  const SeriesData data(read_series(path), "input.npy", {});
  (void)data.windows({0}, data.steps());
}

}  // namespace scangrad_fuzz
