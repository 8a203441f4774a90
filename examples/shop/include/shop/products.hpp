// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `products`: the catalogue. One row per product, under its sku; a retired product leaves
/// it.
#pragma once

#include <shop/product.hpp>

#include <acta/domain.hpp>

#include <string>
#include <string_view>

namespace shop {

/// Text as names are searched: its ASCII letters in lower case, all else as it is.
[[nodiscard]] inline std::string folded(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

struct products {
  static constexpr std::string_view name = "products";
  using events = product::events;

  std::string title; ///< its name: `name` is the view's
  std::string category;
  money price;
  acta::time_point listed_at{};

  void evolve(const product_listed& e, const acta::metadata& about) {
    title = e.name;
    category = e.category;
    price = e.price;
    listed_at = about.recorded_at;
  }
  void evolve(const price_changed& e) { price = e.price; }
  acta::row_fate evolve(const product_retired&) { return acta::row_fate::remove; }

  /// An amount says nothing without its currency, so that stands before it wherever prices order.
  static auto indexes() {
    const auto folded_name = [](const products& row) { return folded(row.title); };
    const auto currency = [](const products& row) { return row.price.currency.code(); };
    const auto amount = [](const products& row) { return row.price.amount; };
    return acta::indexes(
        acta::index("by_name", folded_name),
        acta::index("by_category_and_price", &products::category, currency, amount),
        acta::index("by_price", currency, amount));
  }

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("name", title), CEREAL_NVP(category), CEREAL_NVP(price),
       CEREAL_NVP(listed_at));
  }
};

} // namespace shop
