#include "kept_texts.h"

#include <algorithm>
#include <filesystem>

#include "../../core/check.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/safetensors.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace {

std::vector<std::string>& names() {
  static std::vector<std::string> list{"config.json"};
  return list;
}

}  // namespace

const std::vector<std::string>& kept_files() {
  return names();
}

void add_kept_file(const std::string& name) {
  if (std::find(names().begin(), names().end(), name) == names().end()) names().push_back(name);
}

std::map<std::string, std::string> read_descriptions(const std::string& folder) {
  std::map<std::string, std::string> texts;
  for (const std::string& name : names())
    if (const std::string path = folder + "/" + name; std::filesystem::exists(path)) texts[name] = read_text(path);
  return texts;
}

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
