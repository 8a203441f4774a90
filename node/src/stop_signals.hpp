// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// SIGINT, SIGTERM and SIGHUP as something to wait for, and the end of a program that does not come
/// to its end by itself.
#pragma once

#include <chrono>
#include <functional>

namespace acta::node {

/// Made first, by the main thread: threads started later inherit that the signals are blocked. A
/// thread of its own takes them from then on until the process has ended, also while the program
/// starts, stops, or runs its last destructors.
///
/// The first signal is for wait(). A second one, SIGINT or SIGTERM, ends the process at once, with
/// 128 + its number. If the process still lives some time after the first one, what was given to
/// end_after() ends it. SIGHUP stays ignored in a process that was started so (nohup).
///
/// SIGPIPE is ignored: a client that hangs up is an error of its socket, and a closed log is
/// nobody's reason to die. So is SIGXFSZ: a file that may not grow is an error of its write.
///
/// One per process. Threads: all members from any.
class stop_signals {
public:
  stop_signals();

  /// Waits for the first one and returns it.
  int wait();
  /// The first one, or 0 if there was none yet.
  [[nodiscard]] int came() const;
  /// Calls `told` with the first signal, at once if it has come. On the thread of the signals.
  void when_first(std::function<void(int)> told);
  /// The process ends with `code` this long after the first signal, unless it has ended by then.
  /// `before` may say why; it must not block. Without a call: 10 s, and code 6.
  void end_after(std::chrono::milliseconds time, int code, std::function<void()> before);
};

} // namespace acta::node
