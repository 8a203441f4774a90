// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `cart_statistics`: a report over all carts, with three kinds of rows.
///
///   row key            row            holds
///   day/2026-11-24     items_of_day   what moved on that day (UTC)
///   product/<sku>      product_items  what is in carts now; no row if that is nothing
///   cart/<id>          cart_items     what the cart holds; no row once it is empty or checked out
///
/// The rows of carts are there because events say only what the cart did not know already: to count
/// a removed item, the view has to know how many pieces it had.
///
/// Rows of days and products are only ever added to and taken from, and the order within one cart
/// is kept: the sums come out the same in whatever order the streams are read.
#pragma once

#include <shop/cart.hpp>
#include <shop/day.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace shop {

/// Pieces that were put into carts, taken out of them, and sold by a check-out.
struct items_of_day {
  std::int64_t added = 0;
  std::int64_t removed = 0;
  std::int64_t sold = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(added), CEREAL_NVP(removed), CEREAL_NVP(sold));
  }
  friend bool operator==(const items_of_day&, const items_of_day&) = default;
};

struct product_items {
  std::int64_t quantity = 0; ///< pieces in all carts, also in those that are checked out
  std::int64_t sold = 0;     ///< those of them that are in carts that are checked out

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(quantity), CEREAL_NVP(sold)); }
  friend bool operator==(const product_items&, const product_items&) = default;
};

struct cart_items {
  std::map<std::string, std::int32_t> quantities; ///< by sku

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(quantities)); }
  friend bool operator==(const cart_items&, const cart_items&) = default;
};

struct cart_statistics {
  static constexpr std::string_view name = "cart_statistics";
  using events = cart::events;
  using row = std::variant<items_of_day, product_items, cart_items>;
  using rows = acta::rows<row>;

  static std::string day_key(std::string_view day) { return "day/" + std::string(day); }
  static std::string product_key(std::string_view sku) { return "product/" + std::string(sku); }
  static std::string cart_key(std::string_view id) { return "cart/" + std::string(id); }

  void project(const item_added& e, const acta::event_context& c, rows& all) const {
    const auto before = held(e.sku, c, all);
    move(e.sku, before, before + e.quantity, c, all);
  }
  void project(const quantity_changed& e, const acta::event_context& c, rows& all) const {
    move(e.sku, held(e.sku, c, all), e.quantity, c, all);
  }
  void project(const item_removed& e, const acta::event_context& c, rows& all) const {
    move(e.sku, held(e.sku, c, all), 0, c, all);
  }
  void project(const checked_out& e, const acta::event_context& c, rows& all) const {
    for (const auto& line : e.lines) {
      change<items_of_day>(all, day(c), [&](auto& today) { today.sold += line.quantity; });
      change<product_items>(all, product_key(line.sku),
                            [&](auto& product) { product.sold += line.quantity; });
    }
    all.remove(cart_key(c.id())); // nothing of it moves any more
  }

  /// Only of products: other rows are not in the index.
  static std::optional<std::int64_t> quantity_of_product(const row& r) {
    const auto* product = std::get_if<product_items>(&r);
    return product != nullptr ? std::optional(product->quantity) : std::nullopt;
  }
  static auto indexes() {
    return acta::indexes(acta::index("products_by_quantity", quantity_of_product));
  }

private:
  static std::string day(const acta::event_context& c) {
    return day_key(day_of(c.metadata().recorded_at));
  }

  template <class Kind, class F> static void change(rows& all, std::string_view key, F f) {
    all.change(key, [&](row& r) {
      if (!std::holds_alternative<Kind>(r)) r = Kind{}; // a fresh row is of the first kind
      return f(std::get<Kind>(r));
    });
  }
  static acta::row_fate keep_if(bool anything_left) {
    return anything_left ? acta::row_fate::keep : acta::row_fate::remove;
  }

  /// Pieces of a sku in the event's cart, before the event.
  static std::int32_t held(const std::string& sku, const acta::event_context& c, rows& all) {
    const auto* found = all.find(cart_key(c.id()));
    if (found == nullptr) return 0;
    const auto& quantities = std::get<cart_items>(*found).quantities;
    const auto at = quantities.find(sku);
    return at == quantities.end() ? 0 : at->second;
  }

  static void move(const std::string& sku, std::int32_t before, std::int32_t after,
                   const acta::event_context& c, rows& all) {
    const auto difference = after - before;
    change<items_of_day>(all, day(c), [&](auto& today) {
      if (difference > 0)
        today.added += difference;
      else
        today.removed -= difference;
    });
    change<product_items>(all, product_key(sku), [&](auto& product) {
      product.quantity += difference;
      return keep_if(product.quantity != 0);
    });
    change<cart_items>(all, cart_key(c.id()), [&](auto& in_cart) {
      if (after == 0)
        in_cart.quantities.erase(sku);
      else
        in_cart.quantities[sku] = after;
      return keep_if(!in_cart.quantities.empty());
    });
  }
};

} // namespace shop
