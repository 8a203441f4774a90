// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// SIGINT and SIGTERM as something to wait for.
#pragma once

namespace acta::node {

/// Made first, by the main thread: threads started later inherit that the signals are blocked.
/// SIGPIPE is ignored: a client that hangs up is an error of its socket, and a closed log is
/// nobody's reason to die.
class stop_signals {
public:
  stop_signals() noexcept;
  /// Waits for the first and returns it. From then on another one ends the process at once, with
  /// 128 + its number.
  int wait() noexcept;
};

} // namespace acta::node
