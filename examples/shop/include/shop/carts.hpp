// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The view `carts`: one row per cart, under the cart's id, as the cart's page shows it.
#pragma once

#include <shop/cart.hpp>

#include <acta/domain.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace shop {

struct carts {
  static constexpr std::string_view name = "carts";
  using events = cart::events;

  /// Folded by the cart itself: the page cannot show what the cart does not decide by. Whoever
  /// changes what the cart's `evolve` means raises this view's schema.
  cart contents;
  money total; ///< 0 of no currency while the cart is empty
  std::int32_t item_count = 0;
  acta::time_point updated_at{};

  template <class Event> void evolve(const Event& e, const acta::metadata& about) {
    contents.evolve(e);
    // Throws if the total does not fit, which the cart's rules prevent: better a view that stops
    // than one with a wrong price.
    total = contents.total().value();
    item_count = 0;
    for (const auto& line : contents.lines) item_count += line.quantity;
    updated_at = about.recorded_at;
  }

  /// Nothing once the cart is checked out or empty: nobody waits for it any more.
  [[nodiscard]] std::optional<acta::time_point> open_since() const {
    if (contents.is_checked_out || contents.lines.empty()) return std::nullopt;
    return updated_at;
  }

  static auto indexes() {
    return acta::indexes(acta::index("open_by_updated_at", &carts::open_since));
  }

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("lines", contents.lines), CEREAL_NVP(total), CEREAL_NVP(item_count),
       cereal::make_nvp("currency", contents.currency),
       cereal::make_nvp("checked_out", contents.is_checked_out), CEREAL_NVP(updated_at));
  }
};

} // namespace shop
