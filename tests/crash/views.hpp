// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The views of the crash test: besides `totals` and `ledger`, one of each kind that a double, a
/// skip or half a transaction would spoil. What their rows are does not depend on how the
/// partitions are interleaved.
#pragma once

#include "counter_views.hpp"
#include "plan.hpp"

#include <acta/domain.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crash {

/// Regrouped: all streams of all partitions share its rows, some events are left out.
struct shelves {
  static constexpr std::string_view name = "shelves";
  using events = acta::one_of<test::added>;

  std::uint64_t count = 0;
  std::int64_t sum = 0;
  std::uint64_t positions = 0; ///< a sum that any other set of events changes

  static std::optional<std::string> key(const test::added& e, const acta::metadata&) {
    if (e.amount % 5 == 0) return std::nullopt;
    return "shelf " + std::to_string(e.amount % 16);
  }
  void evolve(const test::added& e, const acta::metadata& m) {
    ++count;
    sum += e.amount;
    positions += mix(std::uint64_t{m.position.partition} << 48 ^ m.position.number);
  }
  static auto indexes() {
    return acta::indexes(acta::index("by_count", &shelves::count),
                         acta::index("by_sum_and_count", &shelves::sum, &shelves::count));
  }
  friend bool operator==(const shelves&, const shelves&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(count), CEREAL_NVP(sum), CEREAL_NVP(positions));
  }
};

/// A unique index whose value wanders: the stream of a partition's newest event holds its baton.
struct baton {
  static constexpr std::string_view name = "baton";
  struct row {
    std::optional<std::uint32_t> held;
    std::string holder;     ///< in the row of a partition
    std::uint64_t last = 0; ///< position of the newest event, of the stream or partition
    friend bool operator==(const row&, const row&) = default;
    template <class A> void serialize(A& ar) {
      ar(CEREAL_NVP(held), CEREAL_NVP(holder), CEREAL_NVP(last));
    }
  };
  using events = acta::one_of<test::added, test::noted>;

  static std::string key_of_partition(std::uint32_t partition) {
    return "partition " + std::to_string(partition);
  }
  void project(const test::added&, const acta::event_context& c, acta::rows<row>& rows) const {
    hand_over(c, rows);
  }
  void project(const test::noted&, const acta::event_context& c, acta::rows<row>& rows) const {
    hand_over(c, rows);
  }
  static auto indexes() { return acta::indexes(acta::unique_index("by_baton", &row::held)); }

private:
  static void hand_over(const acta::event_context& c, acta::rows<row>& rows) {
    const auto at = c.metadata().position;
    std::string from;
    rows.change(key_of_partition(at.partition), [&](row& r) {
      if (at.number != r.last + 1)
        throw std::logic_error("after " + std::to_string(r.last) + " came " + at.to_string());
      r.last = at.number;
      from = std::exchange(r.holder, std::string(c.id()));
    });
    if (!from.empty()) rows.change(from, [](row& r) { r.held.reset(); });
    rows.change(c.id(), [&](row& r) {
      r.held = at.partition;
      r.last = at.number;
    });
  }
};

/// Rows that go: with every fifth event of its stream.
struct fives {
  static constexpr std::string_view name = "fives";
  using events = acta::one_of<test::added, test::noted>;

  std::uint64_t version = 0;
  std::int64_t sum = 0;

  acta::row_fate evolve(const test::added& e, const acta::metadata& m) {
    sum += e.amount;
    return step(m);
  }
  acta::row_fate evolve(const test::noted&, const acta::metadata& m) { return step(m); }
  static auto indexes() { return acta::indexes(acta::index("by_version", &fives::version)); }
  friend bool operator==(const fives&, const fives&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(version), CEREAL_NVP(sum)); }

private:
  acta::row_fate step(const acta::metadata& m) {
    const bool first = version == 0 && m.version % 5 == 1;
    if (!first && m.version != version + 1)
      throw std::logic_error(m.stream + " is at " + std::to_string(version) + ", came " +
                             std::to_string(m.version));
    version = m.version;
    return version % 5 == 0 ? acta::row_fate::remove : acta::row_fate::keep;
  }
};

using views = acta::one_of<test::totals, test::ledger, shelves, baton, fives>;
inline constexpr std::array view_names{test::totals::name, test::ledger::name, shelves::name,
                                       baton::name, fives::name};

/// Whether a line of the log tells of something that no kill explains. A generation that was being
/// made when its process was killed is thrown away, and that is told too.
inline bool is_alarming(acta::log_level level, std::string_view line) {
  return level >= acta::log_level::error ||
         (line.find("unusable") != std::string_view::npos &&
          line.find("its making did not come to its end") == std::string_view::npos);
}

/// The one that a victim may keep paused.
inline constexpr std::string_view paused_view = view_names.back();

inline acta::model view_model(const acta::view_options& options = {}) {
  acta::model m;
  m.aggregate<test::counter>(
      {.snapshot_every = 20, .passivate_after = std::chrono::milliseconds{15}});
  [&]<class... Vs>(acta::one_of<Vs...>) { (m.view<Vs>(options), ...); }(views{});
  m.query<test::grand_total>({.cached = true});
  return m;
}

} // namespace crash
