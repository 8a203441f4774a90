// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `sales_by_day`: what was earned on each day (UTC), and what was given back. One row per
/// day and currency, under `2026-11-24 EUR`.
///
/// Rows are only ever added to: the sums come out the same in whatever order the streams are read.
#pragma once

#include <shop/day.hpp>
#include <shop/order_events.hpp>
#include <shop/payment_events.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shop {

struct sales_by_day {
  static constexpr std::string_view name = "sales_by_day";
  using events = acta::one_of<order_paid, payment_refunded>;

  std::int64_t orders = 0;  ///< that were paid
  std::int64_t amount = 0;  ///< of them, in minor units
  std::int64_t refunds = 0; ///< money that went back, in minor units

  static std::string key(const order_paid& e, const acta::metadata& about) {
    return key_of(about, e.contents.total);
  }
  static std::string key(const payment_refunded& e, const acta::metadata& about) {
    return key_of(about, e.amount);
  }

  void evolve(const order_paid& e) {
    ++orders;
    amount = add_up(amount, e.contents.total.amount);
  }
  void evolve(const payment_refunded& e) { refunds = add_up(refunds, e.amount.amount); }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(orders), CEREAL_NVP(amount), CEREAL_NVP(refunds));
  }

private:
  static std::string key_of(const acta::metadata& about, const money& m) {
    return day_of(about.recorded_at) + ' ' + std::string(m.currency.code());
  }
};

} // namespace shop
