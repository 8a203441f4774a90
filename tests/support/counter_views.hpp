// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Views over the counter, made so that an event applied twice, or not at all, shows.
#pragma once

#include "counter.hpp"

#include <acta/domain.hpp>

#include <atomic>
#include <optional>
#include <string>

namespace test {

/// Per counter. Every event must find the version before its own, so a double, a gap and a wrong
/// order throw at once.
struct totals {
  static constexpr std::string_view name = "totals";
  using events = acta::one_of<added, noted, bomb_planted>;

  std::int64_t total = 0;
  std::uint64_t version = 0;
  std::string note;

  void evolve(const added& e, const acta::metadata& m) {
    step(m);
    total += e.amount;
  }
  void evolve(const noted& e, const acta::metadata& m) {
    step(m);
    note = e.text;
  }
  void evolve(const bomb_planted&, const acta::metadata& m) { step(m); }

  static auto indexes() {
    return acta::indexes(acta::index("by_total", &totals::total),
                         acta::index("by_note", &totals::has_note));
  }
  friend bool operator==(const totals&, const totals&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(total), CEREAL_NVP(version), CEREAL_NVP(note));
  }

private:
  [[nodiscard]] std::optional<std::string> has_note() const {
    return note.empty() ? std::nullopt : std::optional(note);
  }
  void step(const acta::metadata& m) {
    if (m.version != version + 1)
      throw std::logic_error(m.stream + " is at " + std::to_string(version) + ", came " +
                             std::to_string(m.version));
    version = m.version;
  }
};

/// One row over all streams of a partition: events are counted, and their positions and amounts
/// summed.
struct ledger {
  static constexpr std::string_view name = "ledger";
  struct row {
    std::uint64_t events = 0;
    std::uint64_t last = 0;
    std::int64_t sum = 0;
    friend bool operator==(const row&, const row&) = default;
    template <class A> void serialize(A& ar) {
      ar(CEREAL_NVP(events), CEREAL_NVP(last), CEREAL_NVP(sum));
    }
  };
  using events = acta::one_of<added, noted, bomb_planted>;

  void project(const added& e, const acta::event_context& c, acta::rows<row>& rows) const {
    count(c, rows, e.amount);
  }
  void project(const noted&, const acta::event_context& c, acta::rows<row>& rows) const {
    count(c, rows, 0);
  }
  void project(const bomb_planted&, const acta::event_context& c, acta::rows<row>& rows) const {
    count(c, rows, 0);
  }

private:
  static void count(const acta::event_context& c, acta::rows<row>& rows, std::int64_t amount) {
    const auto at = c.metadata().position;
    rows.change(std::to_string(at.partition), [&](row& r) {
      if (at.number != r.last + 1)
        throw std::logic_error("after " + std::to_string(r.last) + " came " + at.to_string());
      ++r.events;
      r.last = at.number;
      r.sum += amount;
    });
  }
};

/// Takes notes only, and chokes on some while `choking`.
struct notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<noted>;
  static inline std::atomic<bool> choking{false};
  static inline std::atomic<int> tried{0};

  std::string last;
  std::uint64_t count = 0;

  void evolve(const noted& e) {
    if (e.text.starts_with("poison")) {
      ++tried;
      if (choking) throw std::runtime_error("cannot swallow " + e.text);
    }
    last = e.text;
    ++count;
  }
  friend bool operator==(const notes&, const notes&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(last), CEREAL_NVP(count)); }
};

struct grand_total {
  static constexpr std::string_view name = "grand_total";
  struct reply {
    std::int64_t sum = 0;
    std::uint64_t rows = 0;
    friend bool operator==(const reply&, const reply&) = default;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum), CEREAL_NVP(rows)); }
  };
  static inline std::atomic<int> answered{0};

  std::int64_t above = 0;

  [[nodiscard]] acta::result<reply> answer(const acta::picture& p) const {
    ++answered;
    reply r;
    auto walked = p.view<totals>().each({.index = "by_total", .from = acta::key(above)},
                                        [&](std::string_view, const totals& row) {
                                          r.sum += row.total;
                                          ++r.rows;
                                        });
    if (!walked) return walked.error();
    return r;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(above)); }
};

} // namespace test
