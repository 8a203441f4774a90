// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the shop can be asked. Fields that are optional may be left out of a request.
#pragma once

#include <shop/carts.hpp>
#include <shop/find_products.hpp>
#include <shop/order_queries.hpp>
#include <shop/reports.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

struct cart_page {
  std::vector<cart_line> lines; ///< in the order in which they were first added
  std::int32_t item_count = 0;
  money total; ///< 0 of no currency if the cart is empty
  bool is_checked_out = false;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(lines), CEREAL_NVP(item_count), CEREAL_NVP(total),
       cereal::make_nvp("checked_out", is_checked_out));
  }
};

/// A cart that nobody has put anything into is an empty one, not an error: its page can be shown
/// before the first item.
struct items_in_cart {
  static constexpr std::string_view name = "items_in_cart";
  using reply = cart_page;

  std::string cart;

  acta::result<reply> answer(const acta::picture& p) const {
    auto found = p.view<carts>().find(cart);
    if (!found) return std::move(found).error();
    if (!*found) return reply{};
    auto& row = **found;
    return reply{std::move(row.contents.lines), row.item_count, row.total,
                 row.contents.is_checked_out};
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cart)); }
};

} // namespace shop
