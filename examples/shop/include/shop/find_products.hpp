// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The query `find_products`: the catalogue, searched and listed in pages.
#pragma once

#include <shop/page_limit.hpp>
#include <shop/products.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shop {

struct found_product {
  std::string sku;
  std::string name;
  std::string category;
  money price;
  acta::time_point listed_at{};

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(name), CEREAL_NVP(category), CEREAL_NVP(price),
       CEREAL_NVP(listed_at));
  }
};

struct product_page {
  std::vector<found_product> products;
  std::string next; ///< for find_products::cursor, with the same request; empty at the end

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(products), CEREAL_NVP(next)); }
};

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
  using reply = product_page;

  static constexpr std::size_t limit_default = 20;
  static constexpr std::size_t limit_max = 100;
  static constexpr std::size_t looked_at_max = 1000;

  std::optional<std::string> name_prefix{};
  std::optional<std::string> category{};
  std::optional<money> price_from{}, price_to{}; ///< both inclusive, in one currency
  std::optional<std::uint32_t> limit{};
  std::optional<std::string> cursor{};

  /// Errors: `invalid_argument` for prices in two currencies, a limit out of range, the cursor of
  /// another request.
  acta::result<reply> answer(const acta::picture& p) const {
    const auto wanted = page_limit(limit, limit_default, limit_max);
    if (!wanted) return wanted.error();
    if (price_from && price_to && price_from->currency != price_to->currency)
      return acta::error(acta::errc::invalid_argument,
                         "price_from and price_to are in two currencies", "/price_to");
    auto range = narrowest_range();
    range.cursor = cursor.value_or("");
    reply page;
    for (std::size_t looked_at = 0; looked_at < looked_at_max;) {
      range.limit = std::min(*wanted - page.products.size(), looked_at_max - looked_at);
      auto some = p.view<products>().scan(range);
      if (!some) return std::move(some).error();
      looked_at += some->rows.size();
      for (auto& [sku, row] : some->rows)
        if (fits(row))
          page.products.push_back({std::move(sku), std::move(row.title), std::move(row.category),
                                   row.price, row.listed_at});
      page.next = range.cursor = std::move(some->next);
      if (page.next.empty() || page.products.size() == *wanted) break;
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
