// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "stop_signals.hpp"

#include "exit_code.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace acta::node {

namespace {

using clock = std::chrono::steady_clock;

/// Whether the program was started to outlive its terminal (nohup). Blocked signals come even if
/// they are ignored, so this must be asked.
bool hangups_are_ignored() noexcept {
  struct sigaction now {};
  return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

sigset_t signals_of_the_end() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  if (!hangups_are_ignored()) ::sigaddset(&set, SIGHUP);
  return set;
}

/// Lives as long as the process: the thread of the signals is never joined.
struct watch {
  std::mutex mutex;
  std::condition_variable changed;
  int first = 0;
  clock::time_point first_at{};
  std::function<void(int)> told;
  std::chrono::milliseconds end_after{10'000};
  int end_code = static_cast<int>(exit_code::late);
  std::function<void()> before_end;

  void run() {
    const auto set = signals_of_the_end();
    int signal = 0;
    while (::sigwait(&set, &signal) != 0) {}
    came(signal);
    for (;;) {
      const auto left = time_left();
      if (left <= std::chrono::nanoseconds{0}) end();
      // A deadline may yet be set that is nearer than this one.
      const auto pause = std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds{100});
      const timespec limit{0, static_cast<long>(pause.count())};
      signal = ::sigtimedwait(&set, nullptr, &limit);
      // A terminal that closes says so several times: the shell to its jobs, and then the system.
      if (signal > 0 && signal != SIGHUP) ::_exit(128 + signal);
    }
  }
  void came(int signal) {
    std::unique_lock lock(mutex);
    first = signal;
    first_at = clock::now();
    changed.notify_all();
    if (told) say([&] { told(signal); });
  }
  /// What cannot be said, for lack of memory, must not keep the end from coming in order.
  template <class F> static void say(F f) noexcept {
    try {
      f();
    } catch (...) {}
  }
  std::chrono::nanoseconds time_left() {
    const std::lock_guard lock(mutex);
    return first_at + end_after - clock::now();
  }
  [[noreturn]] void end() {
    std::function<void()> before;
    int code = 0;
    {
      const std::lock_guard lock(mutex);
      before.swap(before_end);
      code = end_code;
    }
    if (before) say(before);
    ::_exit(code);
  }
};

watch& the_watch() {
  static auto* const one = new watch;
  return *one;
}

} // namespace

stop_signals::stop_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const auto set = signals_of_the_end();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([] { the_watch().run(); }).detach();
}

int stop_signals::wait() {
  auto& w = the_watch();
  std::unique_lock lock(w.mutex);
  w.changed.wait(lock, [&] { return w.first != 0; });
  return w.first;
}

int stop_signals::came() const {
  auto& w = the_watch();
  const std::lock_guard lock(w.mutex);
  return w.first;
}

void stop_signals::when_first(std::function<void(int)> told) {
  auto& w = the_watch();
  const std::lock_guard lock(w.mutex);
  if (w.first != 0 && told) told(w.first);
  w.told = std::move(told);
}

void stop_signals::end_after(std::chrono::milliseconds time, int code,
                             std::function<void()> before) {
  auto& w = the_watch();
  const std::lock_guard lock(w.mutex);
  w.end_after = time;
  w.end_code = code;
  w.before_end = std::move(before);
}

} // namespace acta::node
