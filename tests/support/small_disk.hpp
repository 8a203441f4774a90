// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A real file system that can be filled: what full_disk.hpp cannot show is a page of a memory map
/// for which there is no block (SIGBUS).
#pragma once

#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace test {

/// A tmpfs of this test program alone. It needs the right to mount (root in CI): without it
/// `why_not` says so, and the test is skipped by name.
class small_disk {
public:
  explicit small_disk(std::size_t bytes) {
    // In a name space of its own, so that it goes with the process, however that ends.
    static const int separate = [] {
      return ::unshare(CLONE_NEWNS) == 0 &&
                     ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
                 ? 0
                 : errno;
    }();
    const auto options = "size=" + std::to_string(bytes);
    if (separate != 0)
      why_not_ = std::strerror(separate);
    else if (::mount("acta-test", at_.path().c_str(), "tmpfs", 0, options.c_str()) != 0)
      why_not_ = std::strerror(errno);
  }
  ~small_disk() {
    if (why_not_.empty()) ::umount2(at_.path().c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// True, and said, if there is no such disk here.
  [[nodiscard]] bool is_missing() const {
    if (why_not_.empty()) return false;
    WARN("skipped, because no small disk can be mounted: " << why_not_);
    return true;
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return at_.path(); }

  /// Leaves no block free.
  void fill() const {
    const int fd =
        ::open((path() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    for (std::vector<char> zeros(std::size_t{1} << 20); !zeros.empty();)
      if (::write(fd, zeros.data(), zeros.size()) < 0) zeros.resize(zeros.size() / 2);
    ::close(fd);
  }
  void make_room() const { std::filesystem::remove(path() / "filler"); }

private:
  temp_folder at_;
  std::string why_not_;
};

} // namespace test
