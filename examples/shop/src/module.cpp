// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/checkout.hpp>
#include <shop/customer_mail.hpp>
#include <shop/failed_payments.hpp>
#include <shop/product.hpp>
#include <shop/queries.hpp>
#include <shop/refunding.hpp>
#include <shop/sales_by_day.hpp>
#include <shop/stock_levels.hpp>

#include <chrono>

ACTA_MODULE(model) {
  using namespace std::chrono_literals;

  model.aggregate<shop::cart>({.snapshot_every = 100});
  model.aggregate<shop::product>();
  model.aggregate<shop::customer>();
  model.aggregate<shop::stock>();
  model.aggregate<shop::order>();
  model.aggregate<shop::payment>();

  model.process<shop::checkout>(
      {}, shop::checkout{.deadline = model.setting("shop.payment_deadline", 15min)});
  model.process<shop::refunding>();

  model.subscriber<shop::customer_mail>();

  model.view<shop::carts>();
  model.view<shop::products>();
  model.view<shop::cart_statistics>();
  model.view<shop::orders>();
  model.view<shop::stock_levels>();
  model.view<shop::failed_payments>();
  model.view<shop::sales_by_day>();

  // Asked again and again for the same thing. A search seldom is, and its answers are the largest.
  model.query<shop::items_in_cart>({.cached = true});
  model.query<shop::top_products>({.cached = true});
  model.query<shop::items_per_day>({.cached = true});
  model.query<shop::find_products>();
  model.query<shop::orders_of_customer>();
  model.query<shop::order_page>({.cached = true});
}
