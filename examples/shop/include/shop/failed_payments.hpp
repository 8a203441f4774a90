// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `failed_payments`: one row per payment that failed, under the order's id. A payment
/// that was confirmed has none, also if some of its money was returned.
#pragma once

#include <shop/payment_events.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shop {

struct failed_payment {
  money amount;
  std::string reason;
  acta::time_point at{};
  money late;     ///< came when it had failed
  money refunded; ///< of that, what went back

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(amount), CEREAL_NVP(reason), CEREAL_NVP(at), CEREAL_NVP(late),
       CEREAL_NVP(refunded));
  }
};

struct failed_payments {
  static constexpr std::string_view name = "failed_payments";
  using events = acta::one_of<payment_failed, unexpected_payment_received, payment_refunded>;
  using row = failed_payment;
  using rows = acta::rows<row>;

  void project(const payment_failed& e, const acta::event_context& c, rows& all) const {
    const money none{0, e.amount.currency};
    all.put(c.id(), {e.amount, e.reason, c.metadata().recorded_at, none, none});
  }
  void project(const unexpected_payment_received& e, const acta::event_context& c,
               rows& all) const {
    count(e.amount, &row::late, c, all);
  }
  void project(const payment_refunded& e, const acta::event_context& c, rows& all) const {
    count(e.amount, &row::refunded, c, all);
  }

  static auto indexes() { return acta::indexes(acta::index("by_time", &row::at)); }

private:
  static void count(const money& moved, money row::*sum, const acta::event_context& c, rows& all) {
    if (all.find(c.id()) == nullptr) return; // it was confirmed
    all.change(c.id(), [&](row& failed) {
      (failed.*sum).amount = add_up((failed.*sum).amount, moved.amount);
    });
  }
};

} // namespace shop
