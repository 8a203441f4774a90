// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lines on their way to a descriptor that may take them slowly, not at all, or be broken.
#pragma once

#include <acta/core/log.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace acta::node {

/// Lines that may wait, and their bytes; beyond either the oldest are dropped.
inline constexpr std::size_t log_lines_max = 8192;
inline constexpr std::size_t log_bytes_max = std::size_t{4} << 20;
/// What is longer is cut.
inline constexpr std::size_t log_line_bytes_max = std::size_t{64} << 10;

struct log_line {
  log_level level = log_level::info;
  std::chrono::system_clock::time_point time{};
  std::string text;
};

/// Writes lines on a thread of its own, in order. The thread may hang in a write for as long as the
/// reader of a pipe likes; nobody else ever waits for it longer than they say. Lines that were
/// dropped, or that the descriptor refused, are counted, and the next line that gets through is
/// preceded by one that tells how many were lost and why.
///
/// Lifecycle: the destructor gives the thread a second for what waits, then leaves it behind; it
/// ends with the process. Threads: all members from any.
class log_writer {
public:
  /// Appends a line, with its end, to a text. Threads: the writer's alone.
  using formatter = std::function<void(const log_line&, std::string&)>;

  /// @param to  written to as it is: not closed, and its flags are not changed.
  log_writer(int to, formatter format);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  void push(log_level level, std::string_view text);
  /// Waits until everything pushed before is written or lost; false if that takes longer.
  bool flush(std::chrono::milliseconds limit);
  [[nodiscard]] std::uint64_t lost() const;

private:
  struct inside;
  std::shared_ptr<inside> inside_; ///< shared with the thread, which may outlive this
};

} // namespace acta::node
