// A run's curves for TensorBoard: the file events.out.tfevents.<unix time>.<host> in its folder.
//
//   EventFile events("runs/a");
//   events.write(100, {{"loss", 1.5}, {"accuracy", 0.25}});   // then: tensorboard --logdir runs
//
// The file is a row of records, all integers little-endian:
//
//   record   uint64 length, uint32 check of the length, the bytes, uint32 check of the bytes
//   check    rotate_right(crc, 15) + 0xa282ead8 mod 2^32, crc the CRC-32C of what is checked
//   bytes    a protobuf message Event
//   Event    {1: double wall_time, 2: int64 step, 3: string file_version, 5: Summary, 7: SessionLog}
//   Summary  {1: repeated Value},  Value {1: string tag, 2: float simple_value},  SessionLog {1: int status}
//
// The first record holds "brain.Event:2" and nothing else. In a run that is resumed, the second has status 1, START: it
// makes TensorBoard drop what earlier files say about its step and later ones. Each write is one record, flushed, so
// that a run can be watched. TensorBoard reads all files of a folder as one run, in the order of their names. So an
// existing file is never written to, and a new one gets a later time than the existing ones, even if the system's clock
// was set back.
//
// Errors: a file that cannot be written.
// Source: TensorFlow, record_writer.h, event.proto and summary.proto (the formats).
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API EventFile {
 public:
  static constexpr int64_t kNewRun = -1;
  // Starts a file in an existing folder, for a new run or for one that is resumed after step `after`.
  explicit EventFile(const std::string& folder, int64_t after = kNewRun);
  void write(int64_t step, const std::vector<std::pair<std::string, double>>& scalars);
  void sync() const;  // waits until all records are on the disk
  const std::string& path() const { return path_; }

 private:
  void append(const std::string& event);
  std::string wall_time() const;

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  double started_at_ = 0;  // seconds since 1970
  std::chrono::steady_clock::time_point start_;
};

// The cyclic redundancy check of Castagnoli's polynomial, 0x1EDC6F41, bits in reflected order.
SCANGRAD_API uint32_t crc32c(std::string_view bytes);

}  // namespace scangrad::SCANGRAD_PRECISION
