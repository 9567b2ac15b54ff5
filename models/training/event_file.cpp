#include "event_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// What each value of a byte does to the remainder, computed bit by bit.
constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ (rest & 1 ? 0x82F63B78 : 0);  // 0x1EDC6F41 reflected
    table[byte] = rest;
  }
  return table;
}

// A CRC of data that itself contains CRCs is weak, so records hold this variation of it.
uint32_t masked(uint32_t crc) {
  return std::rotr(crc, 15) + 0xA282EAD8;
}

// The bytes of an integer, lowest first on any machine.
template <class Bits>
std::string little_endian(Bits bits) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(Bits); ++i) bytes += static_cast<char>(bits >> (8 * i) & 0xFF);
  return bytes;
}

// Protobuf: seven bits per byte, lowest first; the eighth bit says that more bytes follow.
std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
  return bytes + static_cast<char>(value);
}

// Protobuf: a field starts with its number and the way in which its length is known.
enum WireType : uint64_t { kVarint = 0, kEightBytes = 1, kCounted = 2, kFourBytes = 5 };

std::string field(uint64_t number, WireType type, const std::string& bytes) {
  return varint(number << 3 | type) + (type == kCounted ? varint(bytes.size()) : "") + bytes;
}

std::string step_number(int64_t step) {
  return field(2, kVarint, varint(static_cast<uint64_t>(step)));
}

std::string host() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name[0] == '\0' ? "localhost" : name;
}

constexpr std::string_view kPrefix = "events.out.tfevents.";

// The latest time in the names of a folder's event files; 0 if there are none.
int64_t newest_time(const std::string& folder) {
  int64_t newest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) newest = std::max<int64_t>(newest, std::atoll(name.c_str() + kPrefix.size()));
  }
  return newest;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = crc_table();
  uint32_t rest = 0xFFFFFFFF;
  for (const char byte : bytes) rest = (rest >> 8) ^ kTable[(rest ^ static_cast<uint8_t>(byte)) & 0xFF];
  return ~rest;
}

EventFile::EventFile(const std::string& folder, int64_t after) : start_(std::chrono::steady_clock::now()) {
  const int64_t newest = newest_time(folder);
  const std::chrono::duration<double> since_1970 = std::chrono::system_clock::now().time_since_epoch();
  started_at_ = std::max(since_1970.count(), static_cast<double>(newest) + 1);
  auto time = static_cast<int64_t>(started_at_);
  do {
    path_ = fmt::format("{}/{}{}.{}", folder, kPrefix, time++, host());
    file_.reset(std::fopen(path_.c_str(), "wbx"));
  } while (file_ == nullptr && errno == EEXIST);
  check(file_ != nullptr, "event_file: {} cannot be written: {}", path_, std::strerror(errno));
  append(wall_time() + field(3, kCounted, "brain.Event:2"));
  if (after != kNewRun) append(wall_time() + step_number(after + 1) + field(7, kCounted, field(1, kVarint, varint(1))));
}

void EventFile::write(int64_t step, const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, number] : scalars) {
    const auto bits = std::bit_cast<uint32_t>(static_cast<float>(number));
    summary += field(1, kCounted, field(1, kCounted, tag) + field(2, kFourBytes, little_endian(bits)));
  }
  append(wall_time() + step_number(step) + field(5, kCounted, summary));
}

void EventFile::sync() const {
  const bool synced = sync_file(fileno(file_.get()));
  check(synced, "event_file: {} cannot be written any more: {}", path_, std::strerror(errno));
}

std::string EventFile::wall_time() const {
  const std::chrono::duration<double> since_start = std::chrono::steady_clock::now() - start_;
  return field(1, kEightBytes, little_endian(std::bit_cast<uint64_t>(started_at_ + since_start.count())));
}

void EventFile::append(const std::string& event) {
  const std::string length = little_endian(static_cast<uint64_t>(event.size()));
  const std::string record =
      length + little_endian(masked(crc32c(length))) + event + little_endian(masked(crc32c(event)));
  const bool written =
      std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size() && std::fflush(file_.get()) == 0;
  check(written, "event_file: {} cannot be written any more: {}", path_, std::strerror(errno));
}

}  // namespace scangrad::SCANGRAD_PRECISION
