// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The product: what the shop offers, and at which price. Its stream is product/<sku>.
///
/// Rules, each with the code of its rejection:
///
///   sku_invalid       a sku has 1 to 64 bytes of UTF-8 without control characters
///   name_invalid      a name has 1 to 200 bytes
///   category_invalid  a category has 1 to 64 lower-case letters, digits and hyphens
///   price_negative    a price is 0 or more
///   currency_differs  a product has one currency for life
///   already_listed    a product is listed once
///   not_listed        only what is listed can change its price or be retired
///   retired           a retired product does not come back, and does not change any more
#pragma once

#include <shop/money.hpp>
#include <shop/sku.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace shop {

// Commands.

struct list_product {
  std::string name;
  std::string category;
  money price;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(category), CEREAL_NVP(price));
  }
};

/// The price it has already is accepted, and changes nothing. Carts keep the price at which an item
/// was added to them.
struct change_price {
  money price;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(price)); }
};

struct retire_product {
  template <class A> void serialize(A&) {}
};

// Events.

struct product_listed {
  std::string name;
  std::string category;
  money price;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(category), CEREAL_NVP(price));
  }
};

struct price_changed {
  money price;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(price)); }
};

struct product_retired {
  template <class A> void serialize(A&) {}
};

struct product {
  static constexpr std::string_view name = "product";
  using events = acta::one_of<product_listed, price_changed, product_retired>;
  using commands = acta::one_of<list_product, change_price, retire_product>;
  using decision = acta::decision<events>;

  static constexpr std::size_t name_bytes_max = 200;
  static constexpr std::size_t category_bytes_max = 64;

  std::string title; ///< its name: `name` is the aggregate's
  std::string category;
  money price;
  bool is_listed = false;
  bool is_retired = false;

  decision decide(const list_product& c, const acta::context& context) const {
    if (is_retired) return retired();
    if (is_listed) return acta::reject("already_listed", "this product is listed already");
    if (!is_sku(context.id()))
      return acta::reject("sku_invalid",
                          "a sku has 1 to 64 bytes of UTF-8 without control characters");
    if (c.name.empty() || c.name.size() > name_bytes_max)
      return acta::reject("name_invalid", "a name has 1 to 200 bytes");
    if (!is_category(c.category))
      return acta::reject("category_invalid",
                          "a category has 1 to 64 lower-case letters, digits and hyphens");
    if (c.price.amount < 0) return price_negative();
    return product_listed{c.name, c.category, c.price};
  }

  decision decide(const change_price& c) const {
    if (is_retired) return retired();
    if (!is_listed) return not_listed();
    if (c.price.amount < 0) return price_negative();
    if (c.price.currency != price.currency)
      return acta::reject("currency_differs",
                          "this product is sold in " + std::string(price.currency.code()));
    if (c.price == price) return {};
    return price_changed{c.price};
  }

  decision decide(const retire_product&) const {
    if (is_retired) return retired();
    if (!is_listed) return not_listed();
    return product_retired{};
  }

  void evolve(const product_listed& e) {
    title = e.name;
    category = e.category;
    price = e.price;
    is_listed = true;
  }
  void evolve(const price_changed& e) { price = e.price; }
  void evolve(const product_retired&) {
    is_listed = false;
    is_retired = true;
  }

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("name", title), CEREAL_NVP(category), CEREAL_NVP(price),
       cereal::make_nvp("listed", is_listed), cereal::make_nvp("retired", is_retired));
  }

private:
  static bool is_category(std::string_view text) {
    return !text.empty() && text.size() <= category_bytes_max &&
           std::ranges::all_of(text, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
  }
  static acta::rejection price_negative() {
    return acta::reject("price_negative", "a price is 0 or more");
  }
  static acta::rejection not_listed() {
    return acta::reject("not_listed", "there is no such product in the shop");
  }
  static acta::rejection retired() {
    return acta::reject("retired", "this product is retired for good");
  }
};

} // namespace shop
