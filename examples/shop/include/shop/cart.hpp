// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The cart: what a customer is about to buy.
///
/// Rules, each with the code of its rejection:
///
///   cart_id_invalid        the id of a cart has 1 to 64 bytes
///   sku_invalid            a sku has 1 to 64 bytes of UTF-8 without control characters
///   name_invalid           a name has 1 to 200 bytes
///   quantity_out_of_range  a line holds 1 to 999 pieces, also after more are added to it
///   price_negative         a price is 0 or more
///   price_differs          a sku has one price in a cart
///   currency_differs       a cart has one currency; an empty one takes any
///   total_too_large        the total fits 64 bits of minor units
///   too_many_lines         a cart has at most 100 lines
///   unknown_item           only what is in the cart can be changed or removed
///   cart_empty             an empty cart cannot be checked out
///   customer_invalid       the id of a customer has 1 to 64 bytes without control characters
///   already_checked_out    a cart that is checked out does not change any more
#pragma once

#include <shop/ids.hpp>
#include <shop/money.hpp>
#include <shop/sku.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct cart_line {
  std::string sku;
  std::string name;
  std::int32_t quantity = 0;
  money unit_price; ///< of one piece

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(name), CEREAL_NVP(quantity), CEREAL_NVP(unit_price));
  }
};

// Commands.

/// Adds a line, or more pieces to the line of the same sku.
struct add_item {
  std::string sku;
  std::string name;
  std::int32_t quantity = 0;
  money unit_price;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(name), CEREAL_NVP(quantity), CEREAL_NVP(unit_price));
  }
};

/// Sets the pieces of a line. The quantity it has already is accepted, and changes nothing.
struct change_quantity {
  std::string sku;
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sku), CEREAL_NVP(quantity)); }
};

struct remove_item {
  std::string sku;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sku)); }
};

/// Starts the purchase: the order has the id of the cart. Whether there is such a customer, and
/// enough of everything, the process `checkout` finds out (checkout.hpp).
struct check_out {
  std::string customer;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(customer)); }
};

// Events.

struct item_added {
  std::string sku;
  std::string name;          ///< the line's name from now on
  std::int32_t quantity = 0; ///< pieces added, not those in the line
  money unit_price;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(name), CEREAL_NVP(quantity), CEREAL_NVP(unit_price));
  }
};

struct quantity_changed {
  std::string sku;
  std::int32_t quantity = 0; ///< pieces now in the line

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sku), CEREAL_NVP(quantity)); }
};

struct item_removed {
  std::string sku;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sku)); }
};

/// All that an order needs, so that whoever reads it does not have to read the cart.
struct checked_out {
  std::string customer;
  std::vector<cart_line> lines; ///< each of another sku
  money total;
  acta::time_point at{};

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(customer), CEREAL_NVP(lines), CEREAL_NVP(total), CEREAL_NVP(at));
  }
};

struct cart {
  static constexpr std::string_view name = "cart";
  using events = acta::one_of<item_added, quantity_changed, item_removed, checked_out>;
  using commands = acta::one_of<add_item, change_quantity, remove_item, check_out>;
  using decision = acta::decision<events>;

  static constexpr std::int32_t quantity_max = 999;
  static constexpr std::size_t lines_max = 100;
  static constexpr std::size_t name_bytes_max = 200;

  std::vector<cart_line> lines;           ///< in the order in which they were first added
  std::optional<shop::currency> currency; ///< of all prices; none while the cart is empty
  bool is_checked_out = false;

  decision decide(const add_item& c, const acta::context& context) const {
    if (is_checked_out) return no_more_changes();
    // Asked here only: nothing else is accepted by a cart that does not exist yet.
    if (context.id().size() > id_bytes_max)
      return acta::reject("cart_id_invalid", "the id of a cart has 1 to 64 bytes");
    if (!is_sku(c.sku))
      return acta::reject("sku_invalid",
                          "a sku has 1 to 64 bytes of UTF-8 without control characters");
    if (c.name.empty() || c.name.size() > name_bytes_max)
      return acta::reject("name_invalid", "a name has 1 to 200 bytes");
    if (!in_range(c.quantity)) return quantity_out_of_range();
    if (c.unit_price.amount < 0) return acta::reject("price_negative", "a price is 0 or more");
    if (currency && *currency != c.unit_price.currency)
      return acta::reject("currency_differs", "this cart is in " + std::string(currency->code()));

    cart_line after{c.sku, c.name, c.quantity, c.unit_price};
    if (const auto* line = find(c.sku)) {
      if (line->unit_price != c.unit_price)
        return acta::reject("price_differs", "this sku is in the cart at another price");
      after.quantity += line->quantity;
      if (!in_range(after.quantity)) return quantity_out_of_range();
    } else if (lines.size() == lines_max) {
      return acta::reject("too_many_lines", "a cart has at most 100 lines");
    }
    if (!total_with(after)) return total_too_large();
    return item_added{c.sku, c.name, c.quantity, c.unit_price};
  }

  decision decide(const change_quantity& c) const {
    if (is_checked_out) return no_more_changes();
    if (!in_range(c.quantity)) return quantity_out_of_range();
    const auto* line = find(c.sku);
    if (line == nullptr) return unknown_item();
    if (line->quantity == c.quantity) return {};
    if (!total_with({line->sku, line->name, c.quantity, line->unit_price}))
      return total_too_large();
    return quantity_changed{c.sku, c.quantity};
  }

  decision decide(const remove_item& c) const {
    if (is_checked_out) return no_more_changes();
    if (find(c.sku) == nullptr) return unknown_item();
    return item_removed{c.sku};
  }

  decision decide(const check_out& c, const acta::context& context) const {
    if (is_checked_out) return no_more_changes();
    if (lines.empty()) return acta::reject("cart_empty", "there is nothing to check out");
    if (!is_id(c.customer))
      return acta::reject("customer_invalid",
                          "the id of a customer has 1 to 64 bytes without control characters");
    const auto sum = total();
    if (!sum) return total_too_large();
    return checked_out{c.customer, lines, *sum, context.now()};
  }

  /// 0 of no currency while it is empty. Nothing if it does not fit, which the rules prevent.
  [[nodiscard]] std::optional<money> total() const {
    return lines.empty() ? money{} : total_with(lines.front());
  }

  void evolve(const item_added& e) {
    if (auto* line = find(e.sku)) {
      line->quantity += e.quantity;
      line->name = e.name;
    } else {
      lines.push_back({e.sku, e.name, e.quantity, e.unit_price});
    }
    currency = e.unit_price.currency;
  }
  void evolve(const quantity_changed& e) {
    if (auto* line = find(e.sku)) line->quantity = e.quantity;
  }
  void evolve(const item_removed& e) {
    std::erase_if(lines, [&](const cart_line& line) { return line.sku == e.sku; });
    if (lines.empty()) currency.reset();
  }
  void evolve(const checked_out&) { is_checked_out = true; }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(lines), CEREAL_NVP(currency), cereal::make_nvp("checked_out", is_checked_out));
  }

private:
  static bool in_range(std::int32_t quantity) { return quantity >= 1 && quantity <= quantity_max; }
  static acta::rejection no_more_changes() {
    return acta::reject("already_checked_out", "this cart does not change any more");
  }
  static acta::rejection quantity_out_of_range() {
    return acta::reject("quantity_out_of_range", "a line holds 1 to 999 pieces");
  }
  static acta::rejection unknown_item() {
    return acta::reject("unknown_item", "this sku is not in the cart");
  }
  static acta::rejection total_too_large() {
    return acta::reject("total_too_large", "the cart's total cannot be held");
  }

  [[nodiscard]] const cart_line* find(std::string_view sku) const {
    const auto at = std::ranges::find(lines, sku, &cart_line::sku);
    return at == lines.end() ? nullptr : &*at;
  }
  cart_line* find(std::string_view sku) {
    return const_cast<cart_line*>(std::as_const(*this).find(sku));
  }
  /// The total if `changed` stood in the place of the line of its sku, or behind all lines; nothing
  /// if it does not fit.
  [[nodiscard]] std::optional<money> total_with(const cart_line& changed) const {
    auto sum = multiply(changed.unit_price, changed.quantity);
    for (const auto& line : lines) {
      if (line.sku == changed.sku) continue;
      const auto price = multiply(line.unit_price, line.quantity);
      sum = sum && price ? add(*sum, *price) : std::nullopt;
    }
    return sum;
  }
};

} // namespace shop
