// The texts that a run keeps next to its weights: config.json, and what its task knows of the data (vocab.json,
// scaling.json). They lie in the folder of the run, or in the file that `train --detect-nan` leaves.
//
//   const KeptTexts kept = KeptTexts::of_folder("runs/text");
//   Vocabulary::parse(kept.text("vocab.json"), kept.source("vocab.json"));
//   KeptTexts()                                                             // a new run keeps nothing yet
//
// Errors: a text that is not there or cannot be read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

// The names of their files: config.json, and those that tasks add (TaskRow::kept).
SCANGRAD_API const std::vector<std::string>& kept_files();
SCANGRAD_API void add_kept_file(const std::string& name);

// The texts of a folder, by file name. Errors: a file that exists but cannot be read, or is empty.
SCANGRAD_API std::map<std::string, std::string> read_descriptions(const std::string& folder);

class SCANGRAD_API KeptTexts {
 public:
  KeptTexts() = default;
  static KeptTexts of_folder(const std::string& folder);
  static KeptTexts of_replay(const std::string& file);

  bool empty() const { return place_.empty(); }
  std::string text(const std::string& name) const;
  std::string source(const std::string& name) const;  // what messages call it

 private:
  std::string place_;
  bool is_folder_ = false;
};

}  // namespace scangrad::SCANGRAD_PRECISION
