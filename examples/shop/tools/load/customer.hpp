// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One customer of a run, from the door to the till.
#pragma once

#include "figures.hpp"
#include "ledger.hpp"
#include "options.hpp"

#include "../client/session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace shop::load {

/// What all customers of a run share. One thread.
struct shop_floor {
  options settings;
  ledger books;
  figures counted;
};

class customer {
public:
  /// Decides alone from seed and number what it will want, so that a run can be repeated; not when
  /// things happen, and so not who gets the last piece.
  customer(shop_floor& floor, tools::session& line, std::size_t number);

  /// Goes through the shop. A request that is not answered, or answered as it must not be, is noted
  /// as trouble in the ledger.
  tools::asio::awaitable<outcome> visit();

  [[nodiscard]] static std::string id_of(const options& o, std::size_t number);
  [[nodiscard]] static std::string mail_domain_of(const options& o);
  [[nodiscard]] static std::string email_of(const options& o, std::size_t number);

private:
  /// What it will do if nothing hinders it.
  enum class plan { look, abandon, pay, pay_again, pay_twice, pay_wrong_first, pay_late, not_pay };
  /// What is known of a payment.
  enum class payment { requested, failed, never };

  /// Throws `trouble` unless the answer is 200, or has that code.
  tools::asio::awaitable<tools::answer> ask(const tools::request& r, std::string_view or_code = {});
  tools::asio::awaitable<outcome> go();
  tools::asio::awaitable<void> browse();
  tools::asio::awaitable<void> add(const article& what, std::int64_t quantity);
  tools::asio::awaitable<void> fill_cart();
  tools::asio::awaitable<void> change_mind();
  tools::asio::awaitable<void> look_at_cart();
  tools::asio::awaitable<void> check_out();
  /// Until the payment is requested (or, if the customer is `late`, has failed), or never will be.
  tools::asio::awaitable<payment> wait_for_payment(bool late);
  /// The payment provider's call: so much was paid.
  tools::asio::awaitable<void> confirm(std::string reference, std::int64_t amount);
  tools::asio::awaitable<outcome> settle();

  [[nodiscard]] std::int64_t total() const;
  std::int64_t dice(std::int64_t from, std::int64_t to);
  bool happens(int percent) { return dice(1, 100) <= percent; }
  plan choose();

  shop_floor& floor_;
  tools::session& line_;
  std::mt19937_64 chance_;
  std::string id_;
  std::string email_;
  std::string order_; ///< the id of its cart, and of what becomes of it
  plan plan_;
  std::map<std::string, std::pair<article, std::int64_t>> cart_; ///< by sku
  std::string seen_;                                             ///< position of the last command
  std::size_t sale_ = 0; ///< in the ledger, once checked out
};

} // namespace shop::load
