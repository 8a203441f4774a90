// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What happens to orders. Every event but a problem says all of its order: a letter can be written
/// of it, and a report made, without a look at what was before.
#pragma once

#include <shop/cart.hpp>
#include <shop/contact.hpp>
#include <shop/ids.hpp>
#include <shop/money.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

/// Stored as its number: never renumber.
enum class order_state : std::uint8_t { none, placed, paid, shipped, cancelled };

constexpr std::array<std::pair<order_state, std::string_view>, 5> enum_names(order_state) {
  return {{{order_state::none, "none"},
           {order_state::placed, "placed"},
           {order_state::paid, "paid"},
           {order_state::shipped, "shipped"},
           {order_state::cancelled, "cancelled"}}};
}

[[nodiscard]] constexpr std::string_view to_string(order_state state) {
  for (const auto& [value, name] : enum_names(state))
    if (value == state) return name;
  return "";
}

struct order_contents {
  std::string customer;
  std::string name;  ///< empty if the customer is not known
  std::string email; ///< as the name
  std::vector<cart_line> lines;
  money total;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(customer), CEREAL_NVP(name), CEREAL_NVP(email), CEREAL_NVP(lines),
       CEREAL_NVP(total));
  }
};

// In the events the contents' fields stand among their own.

struct order_placed {
  order_contents contents;

  template <class A> void serialize(A& ar) { contents.serialize(ar); }
};

struct order_paid {
  order_contents contents;

  template <class A> void serialize(A& ar) { contents.serialize(ar); }
};

struct order_shipped {
  order_contents contents;

  template <class A> void serialize(A& ar) { contents.serialize(ar); }
};

struct order_cancelled {
  order_contents contents;
  std::string reason; ///< `unknown_customer`, `out_of_stock`, `payment_failed`
  std::string detail;

  template <class A> void serialize(A& ar) {
    contents.serialize(ar);
    ar(CEREAL_NVP(reason), CEREAL_NVP(detail));
  }
};

struct problem_reported {
  std::string detail;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(detail)); }
};

} // namespace shop
