// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "stop_signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace acta::node {

namespace {

sigset_t both() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

extern "C" void end_at_once(int signal) { ::_exit(128 + signal); }

} // namespace

stop_signals::stop_signals() noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  const auto set = both();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int stop_signals::wait() noexcept {
  const auto set = both();
  int signal = 0;
  while (::sigwait(&set, &signal) != 0) {}
  struct sigaction action {};
  action.sa_handler = end_at_once;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return signal;
}

} // namespace acta::node
