#include "kept_texts.h"

#include "../../core/check.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/safetensors.h"

namespace scangrad::SCANGRAD_PRECISION {

KeptTexts KeptTexts::of_folder(const std::string& folder) {
  KeptTexts kept;
  kept.place_ = folder;
  kept.is_folder_ = true;
  return kept;
}

KeptTexts KeptTexts::of_replay(const std::string& file) {
  KeptTexts kept;
  kept.place_ = file;
  return kept;
}

std::string KeptTexts::text(const std::string& name) const {
  check(!empty(), "run: {} is asked for, but a new run keeps nothing yet", name);
  if (is_folder_) return read_text(source(name));
  const auto metadata = SafetensorsFile(place_).metadata();
  const auto found = metadata.find(name);
  check(found != metadata.end(), "replay: {} holds no {}, but a file written by train --detect-nan is needed", place_,
        name);
  return found->second;
}

std::string KeptTexts::source(const std::string& name) const {
  return is_folder_ ? place_ + "/" + name : place_;
}

}  // namespace scangrad::SCANGRAD_PRECISION
