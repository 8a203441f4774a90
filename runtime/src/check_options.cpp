// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "check_options.hpp"

#include <acta/core/units.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace acta::detail {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// Collects the first mistake.
class check {
public:
  template <std::unsigned_integral T>
  check& number(std::string_view field, T value, std::uint64_t low, std::uint64_t high) {
    if (value < low || value > high)
      refuse(field, std::to_string(value), std::to_string(low) + ".." + std::to_string(high));
    return *this;
  }
  check& bytes(std::string_view field, std::size_t value, std::uint64_t low) {
    if (value < low) refuse(field, format_size(value), format_size(low) + " or more");
    return *this;
  }
  template <class Rep, class Period>
  check& time(std::string_view field, std::chrono::duration<Rep, Period> value, microseconds low,
              microseconds high) {
    using unit = std::chrono::duration<Rep, Period>;
    // Compared in the field's own unit: in another one its ends may overflow.
    if (value < std::chrono::ceil<unit>(low) || value > std::chrono::floor<unit>(high))
      refuse(field, std::to_string(value.count()) + unit_of(unit{1}),
             format_duration(low) + ".." + format_duration(high));
    return *this;
  }
  check& that(bool holds, std::string_view field, std::string_view found, std::string_view must) {
    if (!holds) refuse(field, std::string(found), std::string(must));
    return *this;
  }
  result<void> outcome() && {
    if (mistake_.empty()) return {};
    return error(errc::invalid_argument, std::move(mistake_));
  }

private:
  template <class Unit> static std::string unit_of(Unit one) {
    return format_duration(std::chrono::duration_cast<microseconds>(one)).substr(1);
  }
  void refuse(std::string_view field, const std::string& found, const std::string& must) {
    if (mistake_.empty())
      mistake_ =
          "runtime_options::" + std::string(field) + " is " + found + ", but must be " + must;
  }
  std::string mistake_;
};

constexpr std::uint64_t many = std::uint64_t{1} << 30;
constexpr microseconds a_day = 24h;

} // namespace

result<void> check_options(const runtime_options& o) {
  check c;
  c.number("partitions", o.partitions, 0, 1024)
      .number("worker_threads", o.worker_threads, 0, 1024)
      .number("outstanding_max", o.outstanding_max, 1, many)
      .number("inbox_max", o.inbox_max, 1, many)
      .number("resident_max", o.resident_max, 1, many)
      .number("recoveries_max", o.recoveries_max, 1, 65536)
      .number("replay_attempts", o.replay_attempts, 1, 1000)
      .time("restart_backoff_min", o.restart_backoff_min, 0us, a_day)
      .time("restart_backoff_max", o.restart_backoff_max, 0us, a_day)
      .that(o.restart_backoff_min <= o.restart_backoff_max, "restart_backoff_min",
            "greater than restart_backoff_max", "at most that")
      .bytes("journal_queue_bytes_max", o.journal_queue_bytes_max, 1)
      .time("journal_linger", o.journal_linger, 0us, 50us)
      .bytes("journal_map_bytes", o.journal_map_bytes, 65536)
      .bytes("derived_map_bytes", o.derived_map_bytes, 65536)
      .number("index_commits_max", o.index_commits_max, 1, 1 << 24)
      .time("index_delay_max", o.index_delay_max, 1ms, 1h)
      .number("projections.threads", o.projections.threads, 0, 1024)
      .bytes("projections.map_bytes", o.projections.map_bytes, 65536)
      .that(o.projections.picture_age_max >= 1ms, "projections.picture_age_max",
            std::to_string(o.projections.picture_age_max.count()) + "ms", "1ms or more")
      .that(o.clock != nullptr, "clock", "empty", "a function that tells the time");
  return std::move(c).outcome();
}

} // namespace acta::detail
