// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The node's log: lines to stderr, written by a thread of its own.
#pragma once

#include "config.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
} // namespace spdlog

namespace acta::node {

/// Lifecycle: the destructor writes what waits. Threads: write() from any. When stderr does not
/// keep up, the oldest of 8192 waiting lines are dropped: a log must not hold up commands.
class logging {
public:
  logging(log_level level, log_format format);
  ~logging();

  void write(log_level level, std::string_view line) noexcept;
  void info(std::string_view line) noexcept { write(log_level::info, line); }
  void warning(std::string_view line) noexcept { write(log_level::warning, line); }
  void error(std::string_view line) noexcept { write(log_level::error, line); }
  /// For the runtime and the gateway; must not outlive this.
  [[nodiscard]] log_sink sink();

private:
  std::shared_ptr<spdlog::details::thread_pool> writer_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace acta::node
