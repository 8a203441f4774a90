// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/cart.hpp>
#include <shop/product.hpp>
#include <shop/queries.hpp>

ACTA_MODULE(model) {
  model.aggregate<shop::cart>({.snapshot_every = 100});
  model.aggregate<shop::product>();

  model.view<shop::carts>();
  model.view<shop::products>();
  model.view<shop::cart_statistics>();

  // Asked again and again for the same thing. A search seldom is, and its answers are the largest.
  model.query<shop::items_in_cart>({.cached = true});
  model.query<shop::top_products>({.cached = true});
  model.query<shop::items_per_day>({.cached = true});
  model.query<shop::find_products>();
}
