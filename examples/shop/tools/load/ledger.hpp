// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the customers of a run know: the side of the books that does not come from the node.
#pragma once

#include "catalogue.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shop::load {

/// A cart that was checked out, as its customer knows it from the answers.
struct sale {
  std::string order; ///< the id of cart, order and payment
  std::string customer;
  std::string email;
  std::map<std::string, std::int64_t> pieces; ///< by sku
  std::int64_t total = 0;                     ///< in cents, as is all money here
  std::int64_t confirmed = 0;                 ///< paid, and taken as payment of the order
  std::int64_t unexpected = 0;                ///< paid too late or once more
  std::size_t returns_due = 0;                ///< payments of the second kind
};

struct ledger {
  catalogue goods;
  std::string mail_domain; ///< of all customers' addresses, and of nobody else's
  std::vector<sale> sales;
  /// Requests without an answer, or with one that the shop must not give.
  std::vector<std::string> troubles;
};

} // namespace shop::load
