// A program that answers lines with lines.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scangrad_tools {

class Process {
 public:
  // Starts a program of PATH; its error messages are kept in a file. Errors: it cannot be started.
  explicit Process(const std::vector<std::string>& words);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // Closes its input and waits for its end.
  ~Process();

  // Nothing happens if the program has ended.
  void send(const std::string& line) const;
  // The next line; nothing if the program has ended.
  std::optional<std::string> receive() const;
  // The last line that it wrote to stderr.
  std::string last_error() const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> errors_, channel_;
  pid_t id_ = 0;
};

}  // namespace scangrad_tools
