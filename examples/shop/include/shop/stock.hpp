// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The stock of one product: what lies in the store, and for which orders. Its stream is
/// stock/<sku>.
///
///   on hand   = received - shipped
///   available = on hand - reserved, never below 0
///
/// Rules, each with the code of its rejection:
///
///   sku_invalid            a sku has 1 to 64 bytes of UTF-8 without control characters
///   order_invalid          the id of an order has 1 to 64 bytes without control characters
///   quantity_out_of_range  1 to 1'000'000 pieces are received at once, 1 to 999 reserved
///   stock_too_large        at most 1'000'000'000 pieces are on hand
///   out_of_stock           only what is available can be reserved
///   already_reserved       an order has one reservation of a product
///   too_many_reservations  at most 10'000 orders have pieces reserved
///   not_reserved           only what is reserved can be released or shipped
///
/// A process waits for the answer to each of its commands. So `reserve`, `release` and `ship` are
/// never answered by nothing: what has been done already is a rejection.
#pragma once

#include <shop/cart.hpp>
#include <shop/ids.hpp>
#include <shop/sku.hpp>

#include <acta/domain.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace shop {

// Commands.

struct receive_stock {
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(quantity)); }
};

/// Keeps pieces for an order until they are released or shipped.
struct reserve {
  std::string order;
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(order), CEREAL_NVP(quantity)); }
};

struct release {
  std::string order;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(order)); }
};

struct ship {
  std::string order;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(order)); }
};

// Events. Those of an order name the sku, so that the order's process knows which line they are of.

struct stock_received {
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(quantity)); }
};

struct stock_reserved {
  std::string order;
  std::string sku;
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(order), CEREAL_NVP(sku), CEREAL_NVP(quantity));
  }
};

struct stock_released {
  std::string order;
  std::string sku;
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(order), CEREAL_NVP(sku), CEREAL_NVP(quantity));
  }
};

struct stock_shipped {
  std::string order;
  std::string sku;
  std::int32_t quantity = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(order), CEREAL_NVP(sku), CEREAL_NVP(quantity));
  }
};

struct stock {
  static constexpr std::string_view name = "stock";
  using events = acta::one_of<stock_received, stock_reserved, stock_released, stock_shipped>;
  using commands = acta::one_of<receive_stock, reserve, release, ship>;
  using decision = acta::decision<events>;

  static constexpr std::int32_t received_max = 1'000'000;
  static constexpr std::int64_t on_hand_max = 1'000'000'000;
  static constexpr std::size_t reservations_max = 10'000;

  std::int64_t received = 0;
  std::int64_t reserved = 0; ///< sum of the reservations
  std::int64_t shipped = 0;
  std::map<std::string, std::int32_t> reservations; ///< pieces, by order

  [[nodiscard]] std::int64_t on_hand() const { return received - shipped; }
  [[nodiscard]] std::int64_t available() const { return on_hand() - reserved; }

  decision decide(const receive_stock& c, const acta::context& context) const {
    // Asked here only: what was never received can be neither reserved nor shipped.
    if (!is_sku(context.id()))
      return acta::reject("sku_invalid",
                          "a sku has 1 to 64 bytes of UTF-8 without control characters");
    if (c.quantity < 1 || c.quantity > received_max)
      return acta::reject("quantity_out_of_range", "1 to 1000000 pieces are received at once");
    if (on_hand() + c.quantity > on_hand_max)
      return acta::reject("stock_too_large", "at most 1000000000 pieces are on hand");
    return stock_received{c.quantity};
  }

  decision decide(const reserve& c, const acta::context& context) const {
    if (!is_id(c.order))
      return acta::reject("order_invalid",
                          "the id of an order has 1 to 64 bytes without control characters");
    if (c.quantity < 1 || c.quantity > cart::quantity_max)
      return acta::reject("quantity_out_of_range", "1 to 999 pieces are reserved for an order");
    if (reservations.contains(c.order))
      return acta::reject("already_reserved", "this order has its pieces");
    if (c.quantity > available())
      return acta::reject("out_of_stock", std::to_string(c.quantity) + " of " +
                                              std::string(context.id()) + " asked for, " +
                                              std::to_string(available()) + " available");
    if (reservations.size() == reservations_max)
      return acta::reject("too_many_reservations", "at most 10000 orders have pieces reserved");
    return stock_reserved{c.order, std::string(context.id()), c.quantity};
  }

  decision decide(const release& c, const acta::context& context) const {
    const auto kept = reservations.find(c.order);
    if (kept == reservations.end()) return not_reserved();
    return stock_released{c.order, std::string(context.id()), kept->second};
  }

  decision decide(const ship& c, const acta::context& context) const {
    const auto kept = reservations.find(c.order);
    if (kept == reservations.end()) return not_reserved();
    return stock_shipped{c.order, std::string(context.id()), kept->second};
  }

  void evolve(const stock_received& e) { received += e.quantity; }
  void evolve(const stock_reserved& e) {
    reservations.emplace(e.order, e.quantity);
    reserved += e.quantity;
  }
  void evolve(const stock_released& e) {
    reservations.erase(e.order);
    reserved -= e.quantity;
  }
  void evolve(const stock_shipped& e) {
    reservations.erase(e.order);
    reserved -= e.quantity;
    shipped += e.quantity;
  }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(received), CEREAL_NVP(reserved), CEREAL_NVP(shipped), CEREAL_NVP(reservations));
  }

private:
  static acta::rejection not_reserved() {
    return acta::reject("not_reserved", "this order has no pieces here");
  }
};

} // namespace shop
