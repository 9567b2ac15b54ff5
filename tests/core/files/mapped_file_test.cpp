#include "../../../core/files/mapped_file.h"

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("mapped_file: shows the content of the file as long as a keeper lives") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt"), text = std::string("to be\0or not", 12);
  write_file(path, text);
  std::shared_ptr<const void> keeper;
  const char* data = nullptr;
  {
    const MappedFile file(path);
    CHECK(file.size() == 12);
    CHECK(file.text() == text);
    keeper = file.keeper();
    data = file.data();
  }
  CHECK(std::string(data, 12) == text);
}

TEST_CASE("mapped_file: read_text copies the whole content") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt"), text("one\n\0two\n", 9);
  write_file(path, text);
  const std::string read = read_text(path);
  write_file(path, "other");
  CHECK(read == text);
  CHECK(error_of([&] { read_text(folder.file("nowhere")); }) ==
        "file: " + folder.file("nowhere") + " cannot be read: No such file or directory");
}

TEST_CASE("mapped_file: an error names a file that cannot be read") {
  const TemporaryFolder folder;
  const std::string nowhere = folder.file("nowhere"), empty = folder.file("empty"), inside = folder.path.string();
  write_file(empty, "");
  CHECK(error_of([&] { MappedFile{nowhere}; }) == "file: " + nowhere + " cannot be read: No such file or directory");
  CHECK(error_of([&] { MappedFile{empty}; }) == "file: " + empty + " is empty");
  CHECK(error_of([&] { MappedFile{inside}; }) == "file: " + inside + " is a folder, but a file is needed");
}
