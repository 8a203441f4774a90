// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "failing_syncs.hpp"

#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>

#include <sys/syscall.h>
#include <unistd.h>

namespace test {

namespace {

std::atomic<bool> counting{false};
std::atomic<int> seen{0};
std::atomic<int> failed{0};
std::string folder_of_failures; // these are changed while `counting` is false
sync_scope scope_of_failures{};
int first_failure = 0;
int failures_most = 0;

bool is_to_fail(int fd) {
  if (!counting) return false;
  char path[4096];
  const auto length =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  if (length <= 0) return false;
  const std::string_view synced(path, static_cast<std::size_t>(length));
  if (scope_of_failures == sync_scope::folder_alone ? synced != folder_of_failures
                                                    : !synced.starts_with(folder_of_failures))
    return false;
  const auto number = seen++;
  if (number < first_failure || number - first_failure >= failures_most) return false;
  ++failed;
  return true;
}

} // namespace

failing_syncs::failing_syncs(const std::filesystem::path& folder, int from, int failures_max,
                             sync_scope scope) {
  seen = failed = 0;
  folder_of_failures = folder.string();
  scope_of_failures = scope;
  first_failure = from;
  failures_most = failures_max;
  counting = true;
}
failing_syncs::~failing_syncs() { counting = false; }
int failing_syncs::count() { return failed; }

} // namespace test

extern "C" int fsync(int fd) {
  if (!test::is_to_fail(fd)) return static_cast<int>(::syscall(SYS_fsync, fd));
  errno = EIO;
  return -1;
}
extern "C" int fdatasync(int fd) {
  if (!test::is_to_fail(fd)) return static_cast<int>(::syscall(SYS_fdatasync, fd));
  errno = EIO;
  return -1;
}
