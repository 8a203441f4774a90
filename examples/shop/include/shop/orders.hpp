// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `orders`: one row per order, under its id, as customers and the back office see it.
#pragma once

#include <shop/order.hpp>

#include <acta/domain.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace shop {

struct orders {
  static constexpr std::string_view name = "orders";
  using events = order::events;

  /// Folded by the order itself. Whoever changes what its `evolve` means raises this view's schema.
  order now;
  acta::time_point placed_at{};
  acta::time_point updated_at{};

  template <class Event> void evolve(const Event& e, const acta::metadata& about) {
    if (now.state == order_state::none) placed_at = about.recorded_at;
    now.evolve(e);
    updated_at = about.recorded_at;
  }

  /// `by_problem` holds what people have to look after, the oldest first.
  static auto indexes() {
    const auto customer = [](const orders& row) { return row.now.contents.customer; };
    const auto state = [](const orders& row) { return std::string(to_string(row.now.state)); };
    const auto problem_since = [](const orders& row) -> std::optional<acta::time_point> {
      if (row.now.problem.empty()) return std::nullopt;
      return row.updated_at;
    };
    return acta::indexes(acta::index("by_customer", customer, &orders::placed_at),
                         acta::index("by_state", state, &orders::placed_at),
                         acta::index("by_problem", problem_since));
  }

  template <class A> void serialize(A& ar) {
    now.serialize(ar);
    ar(CEREAL_NVP(placed_at), CEREAL_NVP(updated_at));
  }
};

} // namespace shop
