// scaling.json of a run on series.
#include "../../models/data/scaling.h"

#include "../temporary_folder.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const SeriesScaling scaling = SeriesScaling::load(file_of(input));
  for (const Scaling& each : {scaling.inputs, scaling.labels})
    for (int64_t column = 0; column < each.width(); ++column) (void)each.to_units(each.to_standard(1, column), column);
  scaling.save(path_of("again"));
  const std::string text = read_file(path_of("again"));
  SeriesScaling::load(path_of("again")).save(path_of("again"));
  require(read_file(path_of("again")) == text, "a scaling was read again as another");
}

}  // namespace scangrad_fuzz
