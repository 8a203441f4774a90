// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The queries `orders_of_customer` and `order_page`.
#pragma once

#include <shop/carts.hpp>
#include <shop/orders.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

/// In pages, the newest order first.
struct orders_of_customer {
  static constexpr std::string_view name = "orders_of_customer";
  using reply = acta::page<orders>; ///< keys are ids of orders

  static constexpr std::uint32_t limit_default = 20;

  std::string customer;
  std::optional<std::uint32_t> limit{};
  std::optional<std::string> cursor{}; ///< `next` of the page before, with the same request

  /// Errors: `invalid_argument` for a limit of 0, the cursor of another request.
  acta::result<reply> answer(const acta::picture& p) const {
    return p.view<orders>().scan({.index = "by_customer",
                                  .equal = acta::key(customer),
                                  .reverse = true,
                                  .limit = limit.value_or(limit_default),
                                  .cursor = cursor.value_or("")});
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(customer), CEREAL_NVP(limit), CEREAL_NVP(cursor));
  }
};

/// What the shop says to a customer who looks at an order.
struct order_status {
  /// `placed`, `paid`, `shipped`, `cancelled`; `checking` while the cart is checked out and the
  /// order not placed yet; `none` if there is neither.
  std::string state = "none";
  std::string reason; ///< why it is cancelled
  std::vector<cart_line> lines;
  money total;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(state), CEREAL_NVP(reason), CEREAL_NVP(lines), CEREAL_NVP(total));
  }
};

/// The page after the check-out. It can be shown at once: what the order does not say yet is taken
/// from the cart. Read from two views; each is frozen while this is answered, and one may be a few
/// events behind the other.
struct order_page {
  static constexpr std::string_view name = "order_page";
  using reply = order_status;

  std::string order;

  acta::result<reply> answer(const acta::picture& p) const {
    auto placed = p.view<orders>().find(order);
    if (!placed) return std::move(placed).error();
    if (*placed) {
      auto& row = (*placed)->now;
      return reply{std::string(to_string(row.state)), std::move(row.reason),
                   std::move(row.contents.lines), row.contents.total};
    }
    auto cart = p.view<carts>().find(order);
    if (!cart) return std::move(cart).error();
    if (!*cart || !(*cart)->contents.is_checked_out) return reply{};
    auto& row = **cart;
    return reply{"checking", {}, std::move(row.contents.lines), row.total};
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(order)); }
};

} // namespace shop
