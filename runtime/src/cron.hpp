// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The times a crontab expression names, in a time zone.
///
/// Five fields (minute, hour, day of month, month, day of week) of crontab(5): `*`, numbers, ranges
/// `1-5`, steps `*/15` and `0-30/10`, lists of these; names `jan`, `mon`; Sunday is 0 and 7; or
/// `@yearly`, `@monthly`, `@weekly`, `@daily`, `@hourly`. If neither day field begins with `*`, a
/// day that one of them names is enough.
///
/// Where a clock is set forward, a time that is skipped fires at the first moment after the gap.
/// Where it is set back, a time that comes twice fires the first time. An expression that names
/// every hour follows the hours as they pass instead: neither a pause of an hour nor one firing
/// more.
#pragma once

#include <acta/core/result.hpp>
#include <acta/core/time.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace date {
class time_zone;
}

namespace acta::detail {

/// Of an expression; a list of all minutes is shorter.
inline constexpr std::size_t cron_bytes_max = 512;

/// Threads: as a value type.
class cron_times {
public:
  /// @param zone  of the IANA database, `Europe/Berlin`; empty is UTC.
  ///
  /// Errors: `invalid_argument`: with `column N` as where() for what cannot be read; for an
  /// expression that never fires; for an unknown zone, or a system without time zones.
  static result<cron_times> parse(std::string_view expression, std::string_view zone);

  /// The first time after `t`. Nothing beyond the year 9999.
  [[nodiscard]] std::optional<time_point> after(time_point t) const;
  /// The last time up to `t`. Pre: `from` is one, and not after `t`.
  [[nodiscard]] time_point last_until(time_point from, time_point t) const;

private:
  /// Minutes of the local clock, as if it were UTC.
  using local_minute = std::chrono::sys_time<std::chrono::minutes>;
  enum field : std::size_t { minute, hour, day, month, weekday };

  cron_times() = default;
  [[nodiscard]] bool has(field f, unsigned value) const { return fields_[f] >> value & 1; }
  [[nodiscard]] bool never() const;
  [[nodiscard]] bool on(std::chrono::year_month_day date) const;
  [[nodiscard]] std::optional<local_minute> local_from(local_minute from) const;
  [[nodiscard]] std::optional<std::chrono::minutes> of_day_from(std::chrono::minutes from) const;
  [[nodiscard]] std::optional<time_point> after_by_clock(time_point t) const;
  [[nodiscard]] std::optional<time_point> after_by_hours(time_point t) const;

  std::array<std::uint64_t, 5> fields_{}; ///< bits
  std::array<bool, 5> star_{};            ///< the field begins with `*`
  const date::time_zone* zone_ = nullptr; ///< lives as long as the program; null: UTC
};

} // namespace acta::detail
