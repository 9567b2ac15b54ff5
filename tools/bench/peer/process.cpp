#include "process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "../../../core/check.h"

extern char** environ;

namespace scangrad_tools {

using scangrad::check;

Process::Process(const std::vector<std::string>& words) : errors_(std::tmpfile()) {
  int ends[2];
  check(errors_ != nullptr && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
        "bench: {} cannot be started: {}", words[0], std::strerror(errno));
  channel_.reset(fdopen(ends[0], "r"));
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, fileno(errors_.get()), STDERR_FILENO);
  const int problem = posix_spawnp(&id_, arguments[0], &streams, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&streams);
  close(ends[1]);
  check(problem == 0, "bench: {} cannot be started: {}", words[0], std::strerror(problem));
}

Process::~Process() {
  channel_.reset();
  waitpid(id_, nullptr, 0);
}

void Process::send(const std::string& line) const {
  const std::string text = line + "\n";
  // A single request fits into the buffer of the socket. MSG_NOSIGNAL: no SIGPIPE if the program has ended.
  ::send(fileno(channel_.get()), text.data(), text.size(), MSG_NOSIGNAL);
}

std::optional<std::string> Process::receive() const {
  std::string line;
  for (int c = 0; (c = std::fgetc(channel_.get())) != EOF; line += static_cast<char>(c))
    if (c == '\n') return line;
  return {};
}

std::string Process::last_error() const {
  std::string line, last;
  std::rewind(errors_.get());
  for (int c = 0; (c = std::fgetc(errors_.get())) != EOF;) {
    if (c != '\n') line += static_cast<char>(c);
    if (c == '\n' && !line.empty()) last = std::exchange(line, {});
  }
  return line.empty() ? last : line;
}

}  // namespace scangrad_tools
