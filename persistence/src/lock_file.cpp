// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lock_file.hpp"

#include <acta/persistence/errc.hpp>

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>

namespace acta::persistence {

namespace {

std::string pid_in(int fd) {
  char text[32];
  const auto got = ::pread(fd, text, sizeof text, 0);
  std::string pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  pid = pid.substr(0, pid.find('\n'));
  return pid.empty() ? "unknown" : pid;
}

} // namespace

result<lock_file> lock_file::take(const std::filesystem::path& path) {
  const auto failed = [&](std::string_view doing) {
    return error(errc::io, std::string(doing) + ' ' + path.string() + ": " + std::strerror(errno));
  };
  unique_fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return failed("opening");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("locking");
    return error(errc::store_locked, path.parent_path().string() +
                                         " is open for writing in process " + pid_in(fd.get()));
  }
  const auto pid = std::to_string(::getpid()) + '\n';
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return failed("writing");
  return lock_file(std::move(fd));
}

} // namespace acta::persistence
