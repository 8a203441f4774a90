// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "failing_headers.hpp"

#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>

#include <sys/syscall.h>
#include <unistd.h>

namespace test {

namespace {

std::atomic<bool> failing{false};
std::atomic<int> failed{0};
std::atomic<int> failures_left{0};
std::string folder_of_failures; // changed while `failing` is false

bool is_header(int fd, size_t bytes, off_t at) {
  // LMDB rewrites a header from its map size on, and nothing else of the first two pages.
  if (bytes >= 256 || at >= 2 * 65536) return false;
  char path[4096];
  const auto length =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return length > 0 &&
         std::string_view(path, static_cast<std::size_t>(length)).starts_with(folder_of_failures);
}

} // namespace

failing_headers::failing_headers(const std::filesystem::path& folder, int failures_max) {
  failed = 0;
  failures_left = failures_max;
  folder_of_failures = folder.string();
  failing = true;
}
failing_headers::~failing_headers() { failing = false; }
int failing_headers::count() { return failed; }

} // namespace test

extern "C" ssize_t pwrite(int fd, const void* from, size_t bytes, off_t at) {
  if (test::failing && test::is_header(fd, bytes, at) && test::failures_left-- > 0) {
    ++test::failed;
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pwrite64, fd, from, bytes, at);
}
