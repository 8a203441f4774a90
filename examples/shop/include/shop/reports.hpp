// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The queries `top_products` and `items_per_day`: reports over all carts.
#pragma once

#include <shop/cart_statistics.hpp>
#include <shop/products.hpp>

#include <acta/domain.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace shop {

struct top_product {
  std::string sku;
  std::optional<std::string> name; ///< nothing if it is not, or no longer, in the catalogue
  std::int64_t quantity = 0;
  std::int64_t sold = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(name), CEREAL_NVP(quantity), CEREAL_NVP(sold));
  }
};

struct product_ranking {
  std::vector<top_product> products; ///< those with most pieces in carts first

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(products)); }
};

/// Read from two views. Each is frozen while this is answered, but one may be a few events behind
/// the other: a product may be in a cart before its listing shows.
struct top_products {
  static constexpr std::string_view name = "top_products";
  using reply = product_ranking;

  static constexpr std::uint32_t limit_default = 10;

  std::optional<std::uint32_t> limit{};

  /// Errors: `invalid_argument` for a limit that no scan can have.
  acta::result<reply> answer(const acta::picture& p) const {
    const auto rows = p.view<cart_statistics>().scan(
        {.index = "products_by_quantity", .reverse = true, .limit = limit.value_or(limit_default)});
    if (!rows) return rows.error();
    const auto catalogue = p.view<products>();
    reply ranking;
    for (const auto& [key, row] : rows->rows) {
      const auto& items = std::get<product_items>(row);
      auto sku = key.substr(cart_statistics::product_key("").size());
      const auto listed = catalogue.find(sku);
      if (!listed) return listed.error();
      ranking.products.push_back({std::move(sku),
                                  *listed ? std::optional((*listed)->title) : std::nullopt,
                                  items.quantity, items.sold});
    }
    return ranking;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(limit)); }
};

struct day_report {
  std::string day; ///< `2026-11-24`, in UTC
  std::int64_t added = 0;
  std::int64_t removed = 0;
  std::int64_t sold = 0;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(day), CEREAL_NVP(added), CEREAL_NVP(removed), CEREAL_NVP(sold));
  }
};

struct daily_report {
  std::vector<day_report> days; ///< in order; without those on which nothing moved

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(days)); }
};

struct items_per_day {
  static constexpr std::string_view name = "items_per_day";
  using reply = daily_report;

  static constexpr int days_max = 366;

  std::string from, to; ///< `2026-11-24`, both inclusive

  acta::result<reply> answer(const acta::picture& p) const {
    const auto first = read_day(from, "/from");
    if (!first) return first.error();
    const auto last = read_day(to, "/to");
    if (!last) return last.error();
    if (*last < *first || *last - *first >= std::chrono::days(days_max))
      return acta::error(acta::errc::invalid_argument,
                         "expected a day on or after `from`, and 1 to 366 days together", "/to");
    reply report;
    const auto read = p.view<cart_statistics>().each(
        {.from = acta::key(cart_statistics::day_key(from)),
         .to = acta::key(cart_statistics::day_key(to))},
        [&](std::string_view key, const cart_statistics::row& row) {
          const auto& items = std::get<items_of_day>(row);
          key.remove_prefix(cart_statistics::day_key("").size());
          report.days.push_back({std::string(key), items.added, items.removed, items.sold});
        });
    if (!read) return read.error();
    return report;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(from), CEREAL_NVP(to)); }

private:
  /// Errors: `invalid_argument` unless it is as `2026-11-24`.
  static acta::result<std::chrono::sys_days> read_day(const std::string& text, const char* where) {
    const auto midnight = acta::parse_rfc3339(text + "T00:00:00Z");
    if (!midnight || text.size() != 10)
      return acta::error(acta::errc::invalid_argument, "expected a day such as 2026-11-24", where);
    return std::chrono::floor<std::chrono::days>(*midnight);
  }
};

} // namespace shop
