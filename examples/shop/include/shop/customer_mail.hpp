// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The subscriber `customer_mail`: the letters that customers get, one for each thing that becomes
/// of an order or of their money. Nobody is written to whom the shop does not know.
#pragma once

#include <shop/money.hpp>
#include <shop/order_events.hpp>
#include <shop/payment_events.hpp>

#include <acta/domain.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace shop {

struct customer_mail {
  static constexpr std::string_view name = "customer_mail";
  using events = acta::one_of<order_paid, order_shipped, order_cancelled, payment_refunded>;
  using letter = std::optional<acta::mail>;

  letter handle(const order_paid& e, const acta::effect_context& c) const {
    return about_order(
        e.contents, c, "is confirmed",
        "thank you for your order. Your payment has arrived, and we are packing:\n\n" +
            list_of(e.contents));
  }

  letter handle(const order_shipped& e, const acta::effect_context& c) const {
    return about_order(e.contents, c, "is on its way",
                       "your parcel has left our house. In it are:\n\n" + list_of(e.contents));
  }

  letter handle(const order_cancelled& e, const acta::effect_context& c) const {
    return about_order(e.contents, c, "was cancelled",
                       why_cancelled(e) + " So we have cancelled this order:\n\n" +
                           list_of(e.contents) +
                           "\nYou owe us nothing, and what you may have paid is returned.\n");
  }

  letter handle(const payment_refunded& e, const acta::effect_context& c) const {
    return write(e.name, e.email, "Your payment for order " + id_of(c) + " was returned",
                 "we have returned " + to_text(e.amount) + " to you, your payment " + e.reference +
                     '.' + why_returned(e.why) + '\n');
  }

private:
  static std::string id_of(const acta::effect_context& c) {
    const auto& stream = c.event.stream;
    return stream.substr(stream.find('/') + 1);
  }

  static letter about_order(const order_contents& order, const acta::effect_context& c,
                            std::string_view what, const std::string& text) {
    return write(order.name, order.email, "Your order " + id_of(c) + ' ' + std::string(what), text);
  }

  static letter write(const std::string& whom, const std::string& email, std::string subject,
                      const std::string& text) {
    if (email.empty()) return std::nullopt;
    return acta::mail{email, std::move(subject),
                      "Dear " + whom + ",\n\n" + text + "\nYours sincerely\nThe shop\n"};
  }

  /// The lines and the total, a line each.
  static std::string list_of(const order_contents& order) {
    std::string all;
    for (const auto& line : order.lines)
      all += "  " + std::to_string(line.quantity) + " x " + one_line(line.name) + ", " +
             to_text(line.unit_price) + (line.quantity > 1 ? " each\n" : "\n");
    return all + "\nTotal: " + to_text(order.total) + '\n';
  }
  /// What a product is called may hold line ends, and would look like the shop's own words.
  static std::string one_line(std::string text) {
    for (auto& c : text)
      if ((c >= 0 && c < ' ') || c == '\x7F') c = ' ';
    return text;
  }

  static std::string why_cancelled(const order_cancelled& e) {
    if (e.reason == "out_of_stock")
      return "we are sorry: not all that you ordered is in stock any more.";
    if (e.reason == "payment_failed" && e.detail == "no_confirmation")
      return "your payment has not arrived in time.";
    if (e.reason == "payment_failed") return "your payment was not made.";
    return "we are sorry: we cannot carry out your order.";
  }
  static std::string why_returned(std::string_view why) {
    if (why == "late") return " It came when the order was cancelled already.";
    if (why == "twice") return " The order was paid already.";
    return "";
  }
};

} // namespace shop
