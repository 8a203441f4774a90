// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `stock_levels`: one row per product in stock, under its sku.
#pragma once

#include <shop/stock.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <string_view>

namespace shop {

/// Pieces. received = available + reserved + shipped, after every event.
struct stock_levels {
  static constexpr std::string_view name = "stock_levels";
  using events = stock::events;

  std::int64_t received = 0;
  std::int64_t available = 0;
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;

  void evolve(const stock_received& e) {
    received += e.quantity;
    available += e.quantity;
  }
  void evolve(const stock_reserved& e) {
    available -= e.quantity;
    reserved += e.quantity;
  }
  void evolve(const stock_released& e) {
    reserved -= e.quantity;
    available += e.quantity;
  }
  void evolve(const stock_shipped& e) {
    reserved -= e.quantity;
    shipped += e.quantity;
  }

  /// What is to be ordered next stands first.
  static auto indexes() {
    return acta::indexes(acta::index("by_available", &stock_levels::available));
  }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(received), CEREAL_NVP(available), CEREAL_NVP(reserved), CEREAL_NVP(shipped));
  }
};

} // namespace shop
