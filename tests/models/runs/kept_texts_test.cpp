#include "../../../models/runs/kept_texts.h"

#include "../../../core/files/safetensors.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("kept_texts: they are read from the folder of a run when they are asked for") {
  const TemporaryFolder folder;
  const KeptTexts kept = KeptTexts::of_folder(folder.path.string());
  CHECK(!kept.empty());
  write_file(folder.file("vocab.json"), "[1]");
  CHECK(kept.text("vocab.json") == "[1]");
  CHECK(kept.source("vocab.json") == folder.file("vocab.json"));
  CHECK(error_of([&] { kept.text("scaling.json"); }) ==
        "file: " + folder.file("scaling.json") + " cannot be read: No such file or directory");
}

TEST_CASE("kept_texts: a file for replaying a step holds them too") {
  const TemporaryFolder folder;
  const std::string file = folder.file("replay.safetensors");
  SafetensorsWriter writer;
  writer.add_metadata("vocab.json", "[1]");
  writer.save(file);
  const KeptTexts kept = KeptTexts::of_replay(file);
  CHECK(kept.text("vocab.json") == "[1]");
  CHECK(kept.source("vocab.json") == file);
  CHECK(error_of([&] { kept.text("config.json"); }) ==
        "replay: " + file + " holds no config.json, but a file written by train --detect-nan is needed");
}

TEST_CASE("kept_texts: a new run keeps nothing yet") {
  CHECK(KeptTexts().empty());
  CHECK(error_of([] { KeptTexts().text("vocab.json"); }) ==
        "run: vocab.json is asked for, but a new run keeps nothing yet");
}

TEST_CASE("kept_texts: the texts that describe a run are read by name, and one that cannot be is named") {
  const TemporaryFolder folder;
  using Texts = std::map<std::string, std::string>;
  for (const char* const name : {"vocab.json", "scaling.json", "vocab.json"}) add_kept_file(name);
  CHECK(read_descriptions(folder.path.string()).empty());
  write_file(folder.file("config.json"), "{}");
  write_file(folder.file("vocab.json"), "[1]");
  write_file(folder.file("notes.json"), "");
  CHECK(read_descriptions(folder.path.string()) == Texts{{"config.json", "{}"}, {"vocab.json", "[1]"}});
  std::filesystem::create_directory(folder.file("scaling.json"));
  CHECK(error_of([&] { read_descriptions(folder.path.string()); }) ==
        "file: " + folder.file("scaling.json") + " is a folder, but a file is needed");
}
