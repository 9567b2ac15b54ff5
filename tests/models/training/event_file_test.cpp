#include "../../../models/training/event_file.h"

#include <bit>
#include <chrono>
#include <cstring>
#include <map>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// An independent reader, which parses the bytes in order.
struct Bytes {
  std::string left;

  std::string take(size_t count) {
    REQUIRE(left.size() >= count);
    const std::string taken = left.substr(0, count);
    left.erase(0, count);
    return taken;
  }
  template <class T>
  T number() {  // the tests run on little-endian machines
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0, byte = 128;
    for (int shift = 0; byte >= 128; shift += 7) value |= ((byte = number<uint8_t>()) & 127) << shift;
    return value;
  }
};

struct Event {
  double wall_time = 0;
  int64_t step = 0;
  std::string version, session;
  std::map<std::string, float> scalars;
};

void read_summary(Bytes summary, std::map<std::string, float>& scalars) {
  while (!summary.left.empty()) {
    REQUIRE(summary.varint() == (1 << 3 | 2));
    Bytes value{summary.take(summary.varint())};
    REQUIRE(value.varint() == (1 << 3 | 2));
    const std::string tag = value.take(value.varint());
    REQUIRE(value.varint() == (2 << 3 | 5));
    scalars[tag] = value.number<float>();
    CHECK(value.left.empty());
  }
}

Event read_event(Bytes bytes) {
  Event event;
  while (!bytes.left.empty()) {
    const uint64_t field = bytes.varint();
    if (field == (1 << 3 | 1)) event.wall_time = bytes.number<double>();
    if (field == (2 << 3 | 0)) event.step = static_cast<int64_t>(bytes.varint());
    if (field == (3 << 3 | 2)) event.version = bytes.take(bytes.varint());
    if (field == (5 << 3 | 2)) read_summary({bytes.take(bytes.varint())}, event.scalars);
    if (field == (7 << 3 | 2)) event.session = bytes.take(bytes.varint());
  }
  return event;
}

uint32_t unmasked(uint32_t check) {
  return std::rotl(check - 0xA282EAD8, 15);
}

std::vector<Event> read_events(const std::string& path) {
  std::vector<Event> events;
  for (Bytes file{read_file(path)}; !file.left.empty();) {
    const std::string length = file.take(8);
    CHECK(unmasked(file.number<uint32_t>()) == crc32c(length));
    const std::string event = file.take(Bytes{length}.number<uint64_t>());
    CHECK(unmasked(file.number<uint32_t>()) == crc32c(event));
    events.push_back(read_event({event}));
  }
  return events;
}

}  // namespace

// The vectors of RFC 3720, appendix B.4, and the usual check value.
TEST_CASE("event_file: the checksum is CRC-32C") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
}

TEST_CASE("event_file: a written file is read back") {
  const TemporaryFolder folder;
  EventFile events(folder.path);
  CHECK(events.path().rfind(folder.file("events.out.tfevents."), 0) == 0);
  events.write(1, {{"loss", 1.5}, {"accuracy", 0.25}});
  events.write(300'000'000'000, {{"loss", NAN}});
  events.write(0, {});

  const std::vector<Event> read = read_events(events.path());  // flushed, though the file is still open
  REQUIRE(read.size() == 4);
  CHECK(read[0].version == "brain.Event:2");
  CHECK(read[0].scalars.empty());
  CHECK(read[1].version.empty());
  CHECK(read[1].step == 1);
  CHECK(read[1].scalars == std::map<std::string, float>{{"loss", 1.5F}, {"accuracy", 0.25F}});
  CHECK(read[2].step == 300'000'000'000);
  CHECK(std::isnan(read[2].scalars.at("loss")));
  CHECK(read[3].step == 0);
  CHECK(read[3].scalars.empty());
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  for (const Event& event : read) CHECK(std::abs(now - event.wall_time) < 60);
}

TEST_CASE("event_file: a long tag takes a length of two bytes") {
  const TemporaryFolder folder;
  EventFile events(folder.path);
  const std::string tag(1'000, 'x');
  events.write(7, {{tag, -2}});
  CHECK(read_events(events.path()).at(1).scalars == std::map<std::string, float>{{tag, -2.F}});
}

TEST_CASE("event_file: a second file in the same folder leaves the first as it is, and comes after it") {
  const TemporaryFolder folder;
  EventFile first(folder.path);
  first.write(1, {{"loss", 1}});
  const EventFile second(folder.path);
  CHECK(first.path() < second.path());
  CHECK(read_events(first.path()).size() == 2);
  CHECK(read_events(second.path()).size() == 1);
}

TEST_CASE("event_file: a clock that was set back changes neither the order of files nor that of times") {
  const TemporaryFolder folder;
  const std::string future = folder.file("events.out.tfevents.32503680000.host");  // of the year 3000
  write_file(future, "x");
  EventFile events(folder.path);
  events.write(1, {{"loss", 1}});
  CHECK(events.path() > future);
  double before = 32503680000;
  for (const Event& event : read_events(events.path())) {
    CHECK(event.wall_time > before);
    before = event.wall_time;
  }
}

TEST_CASE("event_file: a disk that is full is named, with the file") {
  const TemporaryFolder folder;
  EventFile events(folder.path);
  const FullDisk full(1);
  CHECK(error_of([&] {
          events.write(1, {{"loss", 1}});
        }) == "event_file: " + events.path() + " cannot be written any more: File too large");
}

TEST_CASE("event_file: a resumed run records its first step") {
  const TemporaryFolder folder;
  EventFile events(folder.path, 20);
  events.write(21, {{"loss", 1}});
  const std::vector<Event> read = read_events(events.path());
  REQUIRE(read.size() == 3);
  CHECK(read[1].step == 21);
  CHECK(read[1].session == "\x08\x01");  // field 1, status: START
  CHECK(read[2].session.empty());
}

TEST_CASE("event_file: an error names a folder that does not exist") {
  const std::string message = error_of([] { EventFile("/nowhere"); });
  CHECK(message.rfind("event_file: /nowhere/events.out.tfevents.", 0) == 0);
  CHECK(message.find(" cannot be written: No such file or directory") != std::string::npos);
}
