// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The query `find_products`: the catalogue, searched and listed in pages.
#pragma once

#include <shop/products.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace shop {

/// Products that fit all that is asked for. One index leads to them, and their order is its order:
///
///   asked for                     index                   order
///   name_prefix (and anything)    by_name                 name without regard to case
///   category, price               by_category_and_price   price
///   category                      by_category_and_price   currency, price
///   price                         by_price                price
///   nothing                       by_name                 name without regard to case
///
/// Only a name_prefix together with something else leaves products to be passed over. At most
/// looked_at_max are looked at for one page: it may then hold fewer than `limit`, even none, while
/// `next` says that there is more.
struct find_products {
  static constexpr std::string_view name = "find_products";
  using reply = acta::page<products>; ///< keys are skus

  static constexpr std::uint32_t limit_default = 20;
  static constexpr std::size_t looked_at_max = 1000;

  std::optional<std::string> name_prefix{};
  std::optional<std::string> category{};
  std::optional<money> price_from{}, price_to{}; ///< both inclusive, in one currency
  std::optional<std::uint32_t> limit{};
  std::optional<std::string> cursor{}; ///< `next` of the page before, with the same request

  /// Errors: `invalid_argument` for prices in two currencies, a limit of 0, the cursor of another
  /// request. A scan names its options as this request does, so its errors fit as they are.
  acta::result<reply> answer(const acta::picture& p) const {
    if (price_from && price_to && price_from->currency != price_to->currency)
      return acta::error(acta::errc::invalid_argument,
                         "price_from and price_to are in two currencies", "/price_to");
    auto range = narrowest_range();
    range.cursor = cursor.value_or("");
    const std::size_t wanted = limit.value_or(limit_default);
    reply page;
    for (std::size_t looked_at = 0; looked_at < looked_at_max;) {
      range.limit = std::min(wanted - page.rows.size(), looked_at_max - looked_at);
      auto some = p.view<products>().scan(range);
      if (!some) return std::move(some).error();
      looked_at += some->rows.size();
      for (auto& one : some->rows)
        if (fits(one.row)) page.rows.push_back(std::move(one));
      page.next = range.cursor = std::move(some->next);
      if (page.next.empty() || page.rows.size() == wanted) break;
    }
    return page;
  }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name_prefix), CEREAL_NVP(category), CEREAL_NVP(price_from), CEREAL_NVP(price_to),
       CEREAL_NVP(limit), CEREAL_NVP(cursor));
  }

private:
  [[nodiscard]] acta::scan_options narrowest_range() const {
    acta::scan_options range;
    const auto& price = price_from ? price_from : price_to;
    const auto beginning = folded(name_prefix.value_or(""));
    if (!beginning.empty() || (!category && !price)) {
      range.index = "by_name";
      range.prefix = acta::key(beginning);
      return range;
    }
    range.index = category ? "by_category_and_price" : "by_price";
    if (!price) {
      range.equal = acta::key(*category);
      return range;
    }
    // An end that is open is one that names no amount: all of the currency is then within.
    const auto currency = price->currency.code();
    const auto bound = [&](const std::optional<money>& end) {
      if (category)
        return end ? acta::key(*category, currency, end->amount) : acta::key(*category, currency);
      return end ? acta::key(currency, end->amount) : acta::key(currency);
    };
    range.from = bound(price_from);
    range.to = bound(price_to);
    return range;
  }

  [[nodiscard]] bool fits(const products& row) const {
    const auto same_currency = [&](const money& m) { return m.currency == row.price.currency; };
    return (!name_prefix || folded(row.title).starts_with(folded(*name_prefix))) &&
           (!category || row.category == *category) &&
           (!price_from ||
            (same_currency(*price_from) && row.price.amount >= price_from->amount)) &&
           (!price_to || (same_currency(*price_to) && row.price.amount <= price_to->amount));
  }
};

} // namespace shop
