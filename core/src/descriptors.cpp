// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/descriptors.hpp>

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace acta {

result<void> hold_standard_descriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(standard, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is given out, which is this one: all below it are open by now.
    const int got = ::open("/dev/null", O_RDWR);
    if (got == standard) continue;
    const auto why = got < 0 ? std::string(std::strerror(errno)) : "another thread opens files";
    if (got >= 0) ::close(got);
    return error(errc::io,
                 "descriptor " + std::to_string(standard) +
                     " is closed, and a file opened there would be written to as if it were the "
                     "terminal; opening /dev/null instead failed: " +
                     why);
  }
  return {};
}

} // namespace acta
