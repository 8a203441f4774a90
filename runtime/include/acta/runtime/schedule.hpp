// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Commands that are sent later, once or again and again.
///
///   runtime.schedule<account>("ada", charge_fee{100}, acta::at(midnight));
///   runtime.schedule<account>("ada", charge_fee{100}, acta::cron("0 3 1 * *", "Europe/Berlin"),
///                             {.id = "fees-ada", .misfire = acta::misfire::skip});
///
/// A schedule is a process of the runtime's own, `acta.schedule/<id>`: it survives whatever a
/// process survives, and its history can be read as events (docs/schedules.md).
#pragma once

#include <acta/core/error.hpp>
#include <acta/core/time.hpp>

#include <cereal/cereal.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace acta {

/// Once, at a time.
struct at_timing {
  static constexpr std::string_view name = "at";
  time_point time{};
  friend bool operator==(const at_timing&, const at_timing&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(time)); }
};
/// Once, this long after it was scheduled.
struct after_timing {
  static constexpr std::string_view name = "after";
  std::chrono::microseconds pause{0};
  friend bool operator==(const after_timing&, const after_timing&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(pause)); }
};
/// At `first` and every whole number of periods after it, however late one of them is.
struct every_timing {
  static constexpr std::string_view name = "every";
  std::chrono::microseconds period{0};
  friend bool operator==(const every_timing&, const every_timing&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(period)); }
};
/// Whenever the clock of a time zone fits a crontab expression.
struct cron_timing {
  static constexpr std::string_view name = "cron";
  std::string expression;
  std::string zone;
  friend bool operator==(const cron_timing&, const cron_timing&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(expression), CEREAL_NVP(zone)); }
};
using timing = std::variant<at_timing, after_timing, every_timing, cron_timing>;

inline timing at(time_point when) { return at_timing{when}; }
inline timing after(std::chrono::microseconds pause) { return after_timing{pause}; }
/// @param period  at least schedule_period_min.
inline timing every(std::chrono::microseconds period) { return every_timing{period}; }
/// @param expression  five fields as in crontab(5), or `@daily` and its like. @param zone  of the
/// IANA time zone database. What a change of clocks does is in docs/schedules.md.
inline timing cron(std::string_view expression, std::string_view zone = "UTC") {
  return cron_timing{std::string(expression), std::string(zone)};
}
/// `at 2026-11-24T03:00:00.000000Z`, `every 1h`, `cron 0 3 * * 1-5 Europe/Berlin`.
[[nodiscard]] std::string to_string(const timing& when);

inline constexpr std::chrono::seconds schedule_period_min{1};
/// Of a command's JSON, which each firing stores.
inline constexpr std::size_t schedule_json_bytes_max = std::size_t{64} << 10;
/// Of one answer of schedules().
inline constexpr std::size_t schedules_max = 1'000;

/// What becomes of a time that was missed: the node was down, or its clock was set forward.
enum class misfire {
  fire, ///< it fires late, as soon as possible; several times that were missed fire once
  skip, ///< one that is later than `misfire_after` is passed over
};
constexpr std::array<std::pair<misfire, std::string_view>, 2> enum_names(misfire) {
  return {{{misfire::fire, "fire"}, {misfire::skip, "skip"}}};
}

struct schedule_options {
  /// Scheduling the same again under the same id has one effect; another schedule under it is
  /// refused while the first goes on. Empty: a new id, and a repetition is a second schedule. As an
  /// id of a stream (core/ids.hpp).
  std::string id{};
  acta::misfire misfire = acta::misfire::fire;
  /// For misfire::skip.
  std::chrono::milliseconds misfire_after = std::chrono::minutes{1};
  /// Of every() and cron(): nothing before this. The rhythm of every() starts here; without it, one
  /// period after scheduling.
  std::optional<time_point> first{};
  /// Of every() and cron(): nothing is due after this.
  std::optional<time_point> until{};
  /// Identity for the audit trail, as in command_options.
  std::string caller{};
  /// Answer `timeout` after this time. The schedule may still be stored: try again with the same
  /// id.
  std::chrono::milliseconds timeout = std::chrono::seconds{10};
};

using schedule_id = std::string;

enum class schedule_state {
  waiting,   ///< for its next time
  ended,     ///< it has fired for the last time, or passed it over
  cancelled, ///< by cancel()
};
constexpr std::array<std::pair<schedule_state, std::string_view>, 3> enum_names(schedule_state) {
  return {{{schedule_state::waiting, "waiting"},
           {schedule_state::ended, "ended"},
           {schedule_state::cancelled, "cancelled"}}};
}

/// How a schedule is doing.
struct schedule_status {
  schedule_id id;
  std::string stream; ///< `acta.schedule/fees-ada`: its history
  schedule_state state = schedule_state::waiting;
  std::string aggregate; ///< or process, that the command is for
  std::string target;    ///< its id
  std::string command;
  std::string json; ///< the command's fields
  acta::timing timing;
  acta::misfire misfire = acta::misfire::fire;
  std::optional<time_point> next_due; ///< while it waits
  std::optional<time_point> last_due; ///< of the last firing: when it should have been
  std::uint64_t fired = 0;            ///< times it sent its command
  std::uint64_t passed_over = 0;      ///< times that were too late for misfire::skip
  std::uint64_t refused = 0;          ///< commands that the domain said no to
  std::optional<rejection> last_refusal;
};

} // namespace acta
