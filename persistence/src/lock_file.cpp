// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lock_file.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace acta::persistence {

struct lock_file::held {
  int fd = -1; ///< -1 in a forked child
};

namespace {

/// How long a lock is waited for whose holder has ended. A child that it forked in its last moment
/// has a copy of the descriptor until it first runs, and closes it then.
constexpr std::chrono::milliseconds orphan_patience{1000};
constexpr std::chrono::milliseconds orphan_look{2};

/// All locks of this process, for its children. Never destroyed: fork() may come at any time.
struct lock_list {
  std::mutex mutex;
  std::vector<int*> descriptors;
};
lock_list& locks() {
  static auto* const all = new lock_list;
  return *all;
}

void before_fork() { locks().mutex.lock(); }
void after_fork_in_parent() { locks().mutex.unlock(); }
void after_fork_in_child() {
  for (auto* fd : locks().descriptors) ::close(std::exchange(*fd, -1));
  locks().descriptors.clear();
  locks().mutex.unlock();
}

void watch_forks() {
  static const int watched =
      ::pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
  (void)watched; // without memory for it, children are as they always were
}

/// Whether this process holds the lock of the file itself. (Its pid may be another's in another
/// container.)
bool is_held_here(int fd) {
  struct stat asked {};
  if (::fstat(fd, &asked) != 0) return false;
  const std::lock_guard lock(locks().mutex);
  return std::ranges::any_of(locks().descriptors, [&](const int* own) {
    struct stat held {};
    return ::fstat(*own, &held) == 0 && held.st_dev == asked.st_dev && held.st_ino == asked.st_ino;
  });
}

std::string pid_in(int fd) {
  char text[32];
  const auto got = ::pread(fd, text, sizeof text, 0);
  std::string pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  return pid.substr(0, pid.find_first_not_of("0123456789"));
}

/// Who has the file open besides this process, as far as /proc lets us see.
std::string openers_of(int fd) {
  struct stat wanted {};
  std::string found;
  if (::fstat(fd, &wanted) != 0) return found;
  std::error_code code;
  for (std::filesystem::directory_iterator at("/proc", code), end; !code && at != end;
       at.increment(code)) {
    const auto pid = at->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos ||
        pid == std::to_string(::getpid()))
      continue;
    std::error_code closed_to_us;
    for (std::filesystem::directory_iterator open(at->path() / "fd", closed_to_us);
         !closed_to_us && open != end; open.increment(closed_to_us)) {
      struct stat other {};
      if (::stat(open->path().c_str(), &other) != 0 || other.st_dev != wanted.st_dev ||
          other.st_ino != wanted.st_ino)
        continue;
      found += (found.empty() ? "" : ", ") + pid;
      break;
    }
  }
  return found;
}

bool has_ended(const std::string& pid) {
  return !pid.empty() && ::kill(static_cast<pid_t>(std::atol(pid.c_str())), 0) != 0 &&
         errno == ESRCH;
}

/// As flock(), without waiting for a process that lives.
int lock(int fd) {
  const auto until = std::chrono::steady_clock::now() + orphan_patience;
  for (;;) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK) return errno;
    if (!has_ended(pid_in(fd)) || std::chrono::steady_clock::now() > until) return EWOULDBLOCK;
    std::this_thread::sleep_for(orphan_look);
  }
}

std::string holder_of(int fd) {
  const auto pid = pid_in(fd);
  if (pid.empty()) return "a process that has not said its id yet";
  if (!has_ended(pid)) return "process " + pid;
  const auto others = openers_of(fd);
  return (others.empty() ? "a process" : "process " + others) + " that process " + pid +
         ", which has ended, has left behind";
}

} // namespace

lock_file::lock_file(std::unique_ptr<held> h) : held_(std::move(h)) {
  watch_forks();
  const std::lock_guard lock(locks().mutex);
  locks().descriptors.push_back(&held_->fd);
}

lock_file::lock_file(lock_file&&) noexcept = default;
lock_file& lock_file::operator=(lock_file&& other) noexcept {
  held_.swap(other.held_);
  return *this;
}

lock_file::~lock_file() {
  if (!held_) return; // moved away
  const std::lock_guard lock(locks().mutex);
  std::erase(locks().descriptors, &held_->fd);
  if (held_->fd < 0) return;
  // Closing alone would leave the lock to a child that has a copy of the descriptor.
  ::flock(held_->fd, LOCK_UN);
  ::close(held_->fd);
}

result<lock_file> lock_file::take(const std::filesystem::path& path) {
  const auto failed = [&](std::string_view doing, int code = errno) {
    return error(errc::io, std::string(doing) + ' ' + path.string() + ": " + std::strerror(code));
  };
  unique_fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return failed("opening");
  if (const int code = lock(fd.get()); code != 0) {
    if (code != EWOULDBLOCK) return failed("locking", code);
    return error(errc::store_locked,
                 path.parent_path().string() + " is open for writing in " + holder_of(fd.get()));
  }
  const auto pid = std::to_string(::getpid()) + '\n';
  // Written over, not anew, so that a full disk does not take its place; it is only for messages.
  if (::pwrite(fd.get(), pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size())) {
    const auto ignored = ::ftruncate(fd.get(), static_cast<off_t>(pid.size()));
    (void)ignored;
  }
  auto h = std::make_unique<held>();
  h->fd = fd.release();
  return lock_file(std::move(h));
}

result<look_lock> look_lock::take(const std::filesystem::path& path) {
  const auto failed = [&](std::string_view doing) {
    return error(errc::io, std::string(doing) + ' ' + path.string() + ": " + std::strerror(errno));
  };
  look_lock look;
  look.fd_ = unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!look.fd_) {
    if (errno == ENOENT || errno == ENOTDIR) return look;
    return failed("opening");
  }
  if (::flock(look.fd_.get(), LOCK_SH | LOCK_NB) == 0) return look;
  if (errno != EWOULDBLOCK) return failed("locking");
  // LMDB must not open a file twice in one process.
  if (is_held_here(look.fd_.get()))
    return error(errc::store_locked,
                 path.parent_path().string() + " is open for writing in this process itself");
  look.in_use_ = true;
  return look;
}

} // namespace acta::persistence
