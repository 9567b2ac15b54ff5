// A series as CSV.
#include "../../models/data/csv_file.h"

#include "../../models/data/series_data.h"
#include "fuzz.h"

namespace scangrad_fuzz {

using namespace scangrad;

void fuzz(const std::string& input) {
  const std::string path = file_of(input, "input.csv");
  const Table table = read_csv(path);
  require(table.width() >= 1 && table.rows() >= 1 && table.rows() * table.width() == std::ssize(table.values),
          "a table has no shape");
  save_csv(path_of("again.csv"), table);
  {
    const Table again = read_csv(path_of("again.csv"));
    require(again.values == table.values, "numbers were read again as others");
    require(again.columns == table.columns, "columns were read again under other names");
  }
  const SeriesData data(table, "input.csv", {});
  (void)data.windows({0}, data.steps());
  (void)read_series(path, "load,0");
}

}  // namespace scangrad_fuzz
