// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Starting, ending and looking at schedules, over their streams and the outbox.
#pragma once

#include "schedule_process.hpp"

#include <acta/core/result.hpp>
#include <acta/runtime/schedule.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace acta::detail {

class engine;

/// Threads: any; a value that refers to the engine. Contracts: runtime.hpp.
class schedules {
public:
  explicit schedules(engine& e) noexcept : engine_(e) {}

  result<schedule_id> start(schedule_start what, schedule_options options);
  result<bool> cancel(std::string_view id, std::chrono::milliseconds timeout);
  result<schedule_status> status(std::string_view id);
  result<std::vector<schedule_status>> list(std::size_t limit, std::string_view after);

private:
  struct stored {
    version_number version = 0;
    schedule_process process;
  };

  /// Whether the target takes such a command, now. Gives the command's name its version.
  result<void> check(command_to_send& c) const;
  /// Whether one was asked for as another is; the command may be of another version.
  [[nodiscard]] bool is_same(const schedule_start& known, const schedule_start& asked) const;
  /// Nothing if there is none of this id.
  result<std::optional<stored>> read(std::string_view id);
  /// The version to start a new one at; nothing if this very one is there already. Errors:
  /// `schedule_exists`.
  result<std::optional<version_number>> place_for(const schedule_start& what, std::string_view id);

  engine& engine_;
};

} // namespace acta::detail
