// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The books of a run: what the node shows, held against what the customers know. Nothing here
/// talks to anybody.
///
///   stock            every sku: available + reserved + shipped = received, nothing is reserved,
///                    and what is shipped is what the shipped orders hold
///   orders           every cart that was checked out is an order of its customer at its price, and
///                    shipped or cancelled; there are no others, and none has a problem
///   money            every payment that a customer made was noted; taken as payment of the order
///                    if and only if that is shipped, and otherwise given back; so all that was
///                    taken is the price of the shipped orders and what was given back
///   failed payments  the view has the orders that were cancelled for want of a payment, no others,
///                    each with what came late and went back
///   sales by day     the view's sums are those of the orders
///   e-mails          one for each outcome of each order, to its customer, and no other
#pragma once

#include "ledger.hpp"

#include "../client/maildir.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shop::load {

struct order_row {
  std::string customer;
  std::string state;
  std::string reason;
  std::string problem; ///< that people would have to look after
  std::int64_t total = 0;
};

struct stock_row {
  std::int64_t received = 0;
  std::int64_t available = 0;
  std::int64_t reserved = 0;
  std::int64_t shipped = 0;
};

/// What the events of a payment say.
struct payment_row {
  std::int64_t confirmed = 0;
  std::int64_t unexpected = 0;
  std::int64_t returned = 0;
  std::size_t returns = 0;
};

struct failed_row {
  std::int64_t amount = 0;
  std::int64_t late = 0;
  std::int64_t refunded = 0;
};

/// Sums over all days.
struct day_sums {
  std::int64_t orders = 0;
  std::int64_t amount = 0;
  std::int64_t refunds = 0;
};

/// By order, and by sku; of this run alone, but for the sums.
struct node_books {
  std::map<std::string, order_row> orders;
  std::map<std::string, stock_row> stock;
  std::map<std::string, payment_row> payments;
  std::map<std::string, failed_row> failed;
  day_sums days;
};

struct mismatch {
  std::string book;
  std::string about; ///< the order or the sku
  std::string what;
};

/// One figure of a book, from both sides.
struct entry {
  std::string book;
  std::string name;
  std::int64_t expected = 0;
  std::int64_t found = 0;
};

struct balance {
  std::vector<entry> entries;
  std::vector<mismatch> mismatches;
  [[nodiscard]] bool even() const noexcept { return mismatches.empty(); }
};

/// @param before   sums of the days before the run.
/// @param letters  null: e-mails are not checked.
balance compare(const ledger& known, const node_books& shown, const day_sums& before,
                const std::vector<tools::letter>* letters);

} // namespace shop::load
