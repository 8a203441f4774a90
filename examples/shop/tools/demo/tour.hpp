// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The tour of the purchase flow.
#pragma once

#include "guide.hpp"

#include <string>

namespace shop::demo {

class tour {
public:
  explicit tour(guide& g) : guide_(g) {}

  /// All chapters. What is not as it should be is told to the narrator, and the tour goes on.
  tools::asio::awaitable<void> walk();

private:
  /// Something to sell.
  struct item {
    std::string sku, name;
    std::int64_t price = 0;
  };

  tools::asio::awaitable<void> choose_names();
  tools::asio::awaitable<void> open_shop();
  tools::asio::awaitable<void> success();
  tools::asio::awaitable<void> nobody_pays();
  tools::asio::awaitable<void> second_line_sold_out();
  tools::asio::awaitable<void> late_payment();
  tools::asio::awaitable<void> why();

  tools::asio::awaitable<void> enroll(std::string id, std::string person);
  tools::asio::awaitable<void> offer(item what, std::string category, std::int64_t pieces);
  tools::asio::awaitable<std::string> add(std::string order, item what, std::int64_t pieces);
  /// Returns the position.
  tools::asio::awaitable<std::string> check_out(std::string order, std::string customer);
  tools::asio::awaitable<tools::answer> confirm(std::string order, std::int64_t amount);
  tools::asio::awaitable<void> wait_until_order_is(std::string order, std::string state,
                                                   std::string reason = {});
  tools::asio::awaitable<void> stock_is(item what, std::int64_t available, std::int64_t reserved,
                                        std::int64_t shipped);

  /// Shows all that the first cause of that event led to. Its type must be `root`.
  tools::asio::awaitable<tools::answer> ask_why(std::string position, std::string root);

  [[nodiscard]] std::string named(const std::string& id) const { return id + suffix_; }
  [[nodiscard]] static std::string email(const std::string& id) { return id + "@example.org"; }

  guide& guide_;
  std::string suffix_; ///< of all ids, in a store that has seen a tour before
  item book_{"", "Dune", 1299};
  item lamp_{"", "Brass Lamp", 4950};
  std::string cancelled_; ///< position of the end of Carl's order, for the last chapter
  std::string last_;      ///< position of the last event
};

} // namespace shop::demo
