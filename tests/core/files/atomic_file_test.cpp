#include "../../../core/files/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("atomic_file: the file exists after commit and not before") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  AtomicFile file(path);
  file.write("one ");
  file.write("two!!", 3);
  CHECK(!std::filesystem::exists(path));
  file.commit();
  CHECK(read_file(path) == "one two");
  CHECK(folder.count() == 1);
}

TEST_CASE("atomic_file: without commit the old file stays, and no other file") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  CHECK(read_file(path) == "old");
  CHECK(folder.count() == 1);
  AtomicFile file(path);
  file.write("new");
  file.commit();
  CHECK(read_file(path) == "new");
}

TEST_CASE("atomic_file: an error names a folder that is missing or in the way, and leaves no file") {
  const TemporaryFolder folder;
  const std::string missing = folder.file("no/a.txt"), taken = folder.file("taken");
  CHECK(error_of([&] { AtomicFile file(missing); }) ==
        "atomic_file: cannot write " + missing + " (No such file or directory)");
  std::filesystem::create_directory(taken);
  AtomicFile file(taken);
  CHECK(error_of([&] { file.commit(); }) == "atomic_file: cannot write " + taken + " (Is a directory)");
  CHECK(folder.count() == 1);
}

TEST_CASE("atomic_file: on a full disk the old file stays, and no other file") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  write_file(path, "old");
  AtomicFile file(path);
  const std::string error = error_of([&] {
    const FullDisk full(1000);
    file.write(std::string(5000, 'x'));
  });
  CHECK(error == "atomic_file: cannot write " + path + " (File too large)");
  CHECK(read_file(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE(
    "atomic_file: an open file is synced; a pipe and a device have nothing to lose; what is not open is an error") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600), device = open("/dev/null", O_WRONLY);
  for (const int descriptor : {file, device, pipe_ends[0], pipe_ends[1]}) {
    CHECK(sync_file(descriptor));
    close(descriptor);
  }
  CHECK(!sync_file(-1));
  CHECK(errno == EBADF);
}

TEST_CASE("atomic_file: a temporary file of a killed process with the same number does no harm, and can be removed") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.txt");
  const auto left = [&](int count) {
    return path + "." + std::to_string(getpid()) + "-" + std::to_string(count) + ".tmp";
  };
  for (int count = 0; count < 1000; ++count) write_file(left(count), "half");
  {
    AtomicFile file(path);
    file.write("new");
    file.commit();
  }
  CHECK(read_file(path) == "new");
  CHECK(read_file(left(0)) == "half");
  CHECK(is_unfinished(left(0)));
  for (const char* const other :
       {"notes.tmp", "a.1-2.tmp2", "a.1-x2.tmp", "a.x1-2.tmp", "a.1-.tmp", "a.-2.tmp", "1-2.tmp"})
    CHECK_MESSAGE(!is_unfinished(other), other);
  remove_unfinished(folder.path.string());
  CHECK(folder.count() == 1);
}
