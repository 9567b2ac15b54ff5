#include "program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

namespace scangrad_tools {
namespace {

// If the shell closed a standard stream, its number is taken by a stream that always fails, so that no file of the
// program gets it.
void keep_numbers_of_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// Not fmt::print, which throws if stderr cannot be written.
int fails(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  return 1;
}

int loses_output(int error) {
  if (error == EPIPE) std::raise(SIGPIPE);
  if (error != EPIPE) std::fprintf(stderr, "scangrad: the output cannot be written: %s\n", std::strerror(error));
  return 1;
}

// The errno of output that was not written; 0 if all was. An earlier error whose reason is not known any more is EIO.
int output_error() {
  if (std::fflush(stdout) != 0) return errno;
  return std::ferror(stdout) != 0 ? EIO : 0;
}

}  // namespace

int run_program(const std::function<int()>& run) {
  keep_numbers_of_streams();
  try {
    const int status = run();
    const int error = output_error();
    return error == 0 ? status : loses_output(error);
  } catch (const std::bad_alloc&) {
    return fails("scangrad: the system has no more memory");
  } catch (const std::length_error&) {  // of a vector
    return fails("scangrad: no system has that much memory");
  } catch (const std::system_error& error) {  // printing throws it
    return std::ferror(stdout) != 0 ? loses_output(error.code().value()) : fails(error.what());
  } catch (const ErrorWithLines& error) {
    return fails((std::string(error.what()) + "\n" + error.lines).c_str());
  } catch (const std::exception& error) {
    return fails(error.what());
  }
}

}  // namespace scangrad_tools
