// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The views that are measured: folds with 0, 1 and 3 indexes, one in the general form, and a
/// query.
#pragma once

#include "ledger.hpp"

namespace bench {

inline constexpr std::string_view fold_names[] = {"fold_a", "fold_b", "fold_c", "fold_d"};

/// One row a ledger. @tparam Number  tells views of the same form apart.
template <std::size_t Number, std::size_t Indexes> struct fold {
  static constexpr std::string_view name = fold_names[Number];
  using events = acta::one_of<noted, bumped>;
  static_assert(Indexes == 0 || Indexes == 1 || Indexes == 3);

  std::string owner;
  std::int64_t total = 0;
  std::uint64_t count = 0;
  acta::time_point last;

  void evolve(const noted& e, const acta::metadata& m) {
    take(static_cast<std::int64_t>(e.text.size()), m);
  }
  void evolve(const bumped& e, const acta::metadata& m) { take(e.by, m); }

  /// The first and the last change with every event.
  static auto indexes() requires(Indexes > 0) {
    if constexpr (Indexes == 1)
      return acta::indexes(acta::index("by_total", &fold::total));
    else
      return acta::indexes(acta::index("by_total", &fold::total),
                           acta::index("by_owner", &fold::owner),
                           acta::index("by_last", &fold::last));
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(owner), CEREAL_NVP(total), CEREAL_NVP(count), CEREAL_NVP(last));
  }

private:
  void take(std::int64_t amount, const acta::metadata& m) {
    if (count == 0) owner = "owner-" + m.stream.substr(m.stream.size() - 1);
    total += amount;
    ++count;
    last = m.recorded_at;
  }
};

/// The rows of `fold<…, 0>`, in the general form.
struct general {
  static constexpr std::string_view name = "general";
  using events = acta::one_of<noted, bumped>;
  struct row {
    std::string owner;
    std::int64_t total = 0;
    std::uint64_t count = 0;
    acta::time_point last;
    template <class A> void serialize(A& ar) {
      ar(CEREAL_NVP(owner), CEREAL_NVP(total), CEREAL_NVP(count), CEREAL_NVP(last));
    }
  };
  void project(const noted& e, const acta::event_context& c, acta::rows<row>& rows) const {
    take(static_cast<std::int64_t>(e.text.size()), c, rows);
  }
  void project(const bumped& e, const acta::event_context& c, acta::rows<row>& rows) const {
    take(e.by, c, rows);
  }

private:
  static void take(std::int64_t amount, const acta::event_context& c, acta::rows<row>& rows) {
    rows.change(c.id(), [&](row& r) {
      if (r.count == 0) r.owner = "owner-" + std::string(c.id().substr(c.id().size() - 1));
      r.total += amount;
      ++r.count;
      r.last = c.metadata().recorded_at;
    });
  }
};

/// Total of the 100 rows at the top of index by_total, from one place on.
template <bool Cached> struct top {
  static constexpr std::string_view name = Cached ? "top_cached" : "top";
  struct reply {
    std::int64_t sum = 0;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum)); }
  };

  std::int64_t from = 0;

  [[nodiscard]] acta::result<reply> answer(const acta::picture& p) const {
    reply r;
    auto page = p.view<fold<2, 3>>().scan({.index = "by_total", .from = acta::key(from)});
    if (!page) return page.error();
    for (const auto& one : page->rows) r.sum += one.row.total;
    return r;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(from)); }
};

} // namespace bench
