// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What projections and subscriptions follow: one partition's journal and its live tail, and the
/// surroundings they share.
#pragma once

#include <acta/actors/host.hpp>
#include <acta/core/log.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/store.hpp>
#include <acta/projections/catalog.hpp>
#include <acta/projections/commit_tail.hpp>
#include <acta/projections/options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace acta {

/// Calls somebody back on a thread that others need: what the callback throws is logged.
template <class... Args>
void call_back(const log_sink& sink, const std::function<void(Args...)>& f,
               std::type_identity_t<Args>... args) noexcept {
  try {
    try {
      f(std::move(args)...);
    } catch (...) {
      if (sink) sink(log_level::error, "a callback threw: " + detail::describe_exception());
    }
  } catch (...) { // by the log
  }
}

/// One partition as followers see it. Threads: any.
struct feed {
  persistence::partition& partition;
  std::shared_ptr<const catalog> names;
  commit_tail tail;

  feed(persistence::partition& p, std::shared_ptr<const catalog> n, std::size_t tail_bytes_max)
      : partition(p), names(std::move(n)), tail(tail_bytes_max) {}

  /// Visits commits from the one that holds `next` on: those in the tail from memory, else the
  /// journal. Ends where the source ends, even if more is there by now: ask again.
  /// Errors: `io`, `corrupt_commit`.
  result<void> visit(std::uint64_t next, const persistence::commit_visitor& f);
};

/// Lifecycle: outlives everything that holds a reference to it.
struct surroundings {
  persistence::store& store;
  projection_options options;
  /// Calls once, later, on a thread that must not be held up; never after the runtime has stopped.
  std::function<void(std::chrono::steady_clock::duration, std::function<void()>)> after;
  std::function<time_point()> clock;
  log_sink sink;
  /// Shared with the projectors: a timer may hold one beyond the end of all this.
  std::shared_ptr<actors::host> host;
  std::vector<std::unique_ptr<feed>> feeds; ///< by partition number

  /// Refuses a position of an event that the journals do not have. Errors: `unknown_position`.
  [[nodiscard]] result<void> check_event(position p) const;
  /// Refuses a position to begin with, unless it is an event's or the next one. Errors:
  /// `unknown_position`.
  [[nodiscard]] result<void> check_first(position p) const;

  template <class... Args>
  void log(log_level level, fmt::format_string<Args...> text, Args&&... args) const noexcept {
    if (!sink) return;
    try {
      sink(level, fmt::format(text, std::forward<Args>(args)...));
    } catch (...) { // a line that cannot be formatted or written is not worth a crash
    }
  }
};

} // namespace acta
