#include "text_run.h"

namespace scangrad_tools {

using namespace scangrad;

SyntheticText synthetic_text() {
  return SyntheticText(/*seed=*/1);
}

TextData open_text(const RunConfig& config, const Vocabulary* vocabulary) {
  if (!config.text.data.empty()) return TextData::open(config.text.data, config.text.level, vocabulary);
  return TextData::from_text(synthetic_text().text(1'000'000), config.text.level, "synthetic text", vocabulary);
}

}  // namespace scangrad_tools
