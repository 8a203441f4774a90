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

std::atomic<bool> counting_syncs{false};
std::atomic<int> syncs_seen{0};
std::atomic<int> syncs_failed{0};
std::string unsynced_folder; // these are changed while `counting_syncs` is false
sync_scope unsynced_scope{};
int first_failure = 0;
int failures_most = 0;

bool is_sync_to_fail(int fd) {
  if (!counting_syncs) return false;
  char path[4096];
  const auto length =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  if (length <= 0) return false;
  const std::string_view synced(path, static_cast<std::size_t>(length));
  if (unsynced_scope == sync_scope::folder_alone ? synced != unsynced_folder
                                                 : !synced.starts_with(unsynced_folder))
    return false;
  const auto number = syncs_seen++;
  if (number < first_failure || number - first_failure >= failures_most) return false;
  ++syncs_failed;
  return true;
}

} // namespace

failing_syncs::failing_syncs(const std::filesystem::path& folder, int from, int failures_max,
                             sync_scope scope) {
  syncs_seen = syncs_failed = 0;
  unsynced_folder = folder.string();
  unsynced_scope = scope;
  first_failure = from;
  failures_most = failures_max;
  counting_syncs = true;
}
failing_syncs::~failing_syncs() { counting_syncs = false; }
int failing_syncs::count() { return syncs_failed; }

} // namespace test

extern "C" int fsync(int fd) {
  if (!test::is_sync_to_fail(fd)) return static_cast<int>(::syscall(SYS_fsync, fd));
  errno = EIO;
  return -1;
}
extern "C" int fdatasync(int fd) {
  if (!test::is_sync_to_fail(fd)) return static_cast<int>(::syscall(SYS_fdatasync, fd));
  errno = EIO;
  return -1;
}
