// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A disk that takes nothing for a while. For tests whose stores are hidden inside a runtime.
#pragma once

#include <csignal>

#include <sys/resource.h>

namespace test {

/// No file of this process can be written while there is one, the journal's included: LMDB gets
/// EFBIG, which Acta calls `store_full`. One at a time.
class full_disk {
public:
  full_disk() : before_(std::signal(SIGXFSZ, SIG_IGN)) { allow(0); }
  ~full_disk() {
    allow(RLIM_INFINITY);
    std::signal(SIGXFSZ, before_);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

private:
  static void allow(rlim_t bytes) {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  void (*before_)(int);
};

} // namespace test
