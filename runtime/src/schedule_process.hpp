// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A schedule as a process: what it is told, when it is next due, what it has done.
///
/// The next time is always found from the last one, never from the clock alone: a clock that is set
/// back repeats nothing, and a rhythm does not drift. All times up to now count as one firing.
///
/// It never finishes in the sense of a process: a no to its last command comes after it has ended,
/// and belongs into its history.
#pragma once

#include <acta/domain/process.hpp>
#include <acta/runtime/schedule.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace acta::detail {

/// What was asked for. On disk, as JSON within a step: a change of shape needs a new schema.
struct schedule_start {
  static constexpr std::string_view name = "start";

  command_to_send command;
  acta::timing timing;
  acta::misfire misfire = acta::misfire::fire;
  std::chrono::milliseconds misfire_after{0};
  std::optional<time_point> first;
  std::optional<time_point> until;

  friend bool operator==(const schedule_start&, const schedule_start&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(command), CEREAL_NVP(timing), CEREAL_NVP(misfire), CEREAL_NVP(misfire_after),
       CEREAL_NVP(first), CEREAL_NVP(until));
  }
};
/// Its timer. On disk.
struct schedule_due {
  static constexpr std::string_view name = "due";
  time_point at{};
  std::string target; ///< `account/ada`: while that is held up, the timer waits
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(at), CEREAL_NVP(target)); }
};
/// On disk.
struct schedule_stop {
  static constexpr std::string_view name = "stop";
  template <class A> void serialize(A&) {}
};

/// When it is due for the first time, if it is scheduled `now`; nothing if never. Errors:
/// `invalid_argument`: what is wrong with the timing.
result<std::optional<time_point>> first_due(const schedule_start& s, time_point now);

struct schedule_process {
  static constexpr std::string_view name = "acta.schedule";
  using inputs = one_of<schedule_start, schedule_due, schedule_stop, refused_command>;

  schedule_start order;
  schedule_state state = schedule_state::ended;
  std::optional<time_point> next_due, last_due;
  std::uint64_t fired = 0, passed_over = 0, refused = 0;
  std::string refusal_code, refusal_message; ///< of the last one

  [[nodiscard]] reaction react(const schedule_start& s, const context& c) const;
  [[nodiscard]] reaction react(const schedule_due& d, const context& c) const;
  [[nodiscard]] reaction react(const schedule_stop&) const;
  [[nodiscard]] reaction react(const refused_command&) const { return {}; }

  void evolve(const schedule_start& s, const process_step& step);
  void evolve(const schedule_due& d, const process_step& step);
  void evolve(const schedule_stop&, const process_step& step);
  void evolve(const refused_command& no);

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(order), CEREAL_NVP(state), CEREAL_NVP(next_due), CEREAL_NVP(last_due),
       CEREAL_NVP(fired), CEREAL_NVP(passed_over), CEREAL_NVP(refused), CEREAL_NVP(refusal_code),
       CEREAL_NVP(refusal_message));
  }
};

process_type make_schedule_type();
/// `acta.schedule/` before the id of a schedule.
[[nodiscard]] bool is_schedule(std::string_view stream) noexcept;

} // namespace acta::detail
