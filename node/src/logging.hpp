// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The node's log: lines to stderr, written by a thread of its own.
#pragma once

#include "config.hpp"
#include "log_writer.hpp"

#include <string>
#include <string_view>

namespace acta::node {

/// Lifecycle: the destructor writes what waits, if stderr takes it within a second. Threads:
/// write() from any. When stderr does not keep up, the oldest waiting lines are dropped and
/// counted: a log must hold up neither commands nor the end of the program.
class logging {
public:
  logging(log_level level, log_format format);

  void write(log_level level, std::string_view line) noexcept;
  void info(std::string_view line) noexcept { write(log_level::info, line); }
  void warning(std::string_view line) noexcept { write(log_level::warning, line); }
  void error(std::string_view line) noexcept { write(log_level::error, line); }
  /// For the runtime and the gateway; must not outlive this.
  [[nodiscard]] log_sink sink();
  /// False if stderr does not take what was written so far within `limit`.
  bool flush(std::chrono::milliseconds limit) { return writer_.flush(limit); }

private:
  const log_level level_;
  log_writer writer_;
};

} // namespace acta::node
