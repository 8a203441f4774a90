// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The process `checkout`: from a cart that is checked out to an order that is shipped or
/// cancelled. Its id is that of the cart, the order and the payment. The way it goes:
/// checkout_stage.hpp.
///
/// A stage ends with the answer to its commands, which is an event or a rejection, so none lasts
/// for ever. Only `awaiting` waits for the world outside, and has the timer for it.
///
/// The customer is asked before the order is placed: the order's events then hold a name and an
/// address for the letters. An order of nothing but presents costs 0 and needs no payment.
#pragma once

#include <shop/checkout_stage.hpp>
#include <shop/customer.hpp>
#include <shop/order.hpp>
#include <shop/payment.hpp>
#include <shop/stock.hpp>

#include <acta/domain.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

/// The time for the payment is over.
struct payment_due {
  template <class A> void serialize(A&) {}
};

struct checkout {
  static constexpr std::string_view name = "checkout";
  // The no to fail_payment is none of them: whoever was faster has told it.
  using inputs =
      acta::one_of<checked_out, order_noted, acta::rejected<note_order>, order_placed,
                   acta::rejected<place_order>, stock_reserved, acta::rejected<reserve>,
                   acta::rejected<request_payment>, payment_due, payment_confirmed, payment_failed,
                   order_paid, acta::rejected<mark_paid>, stock_shipped, acta::rejected<ship>,
                   order_shipped, acta::rejected<mark_shipped>, stock_released,
                   acta::rejected<release>, order_cancelled, acta::rejected<cancel_order>,
                   payment_refunded, acta::rejected<refund>, problem_reported,
                   acta::rejected<report_problem>>;

  /// How long to wait for the payment. The host's: it is not stored, and a step says when the timer
  /// is due.
  std::chrono::microseconds deadline = std::chrono::minutes{15};

  checkout_stage stage = checkout_stage::idle;
  order_contents contents;
  std::size_t answers = 0;           ///< of this stage
  std::vector<std::string> reserved; ///< skus
  std::string reason;                ///< why it does not end well; empty as long as it may
  std::string detail;
  std::string reference; ///< of the payment, once it is confirmed

  /// What the cart and the payment say comes from outside. All else is an answer.
  static std::optional<std::string> key(const checked_out&, const acta::metadata& about) {
    return id_of(about);
  }
  static std::optional<std::string> key(const payment_confirmed&, const acta::metadata& about) {
    return id_of(about);
  }
  static std::optional<std::string> key(const payment_failed&, const acta::metadata& about) {
    return id_of(about);
  }

  /// An input that ends a stage is answered with what the next one begins with.
  template <class Input>
  acta::reaction react(const Input& input, const acta::context& context) const {
    auto next = *this;
    next.evolve(input);
    return next.stage == stage ? acta::reaction{} : next.begin(context.id());
  }

  void evolve(const checked_out& e) {
    if (stage != checkout_stage::idle) return;
    contents = {e.customer, {}, {}, e.lines, e.total};
    enter(checkout_stage::noting);
  }
  void evolve(const order_noted& e) {
    if (stage != checkout_stage::noting) return;
    contents.name = e.name;
    contents.email = e.email;
    enter(checkout_stage::placing);
  }
  void evolve(const acta::rejected<note_order>& no) {
    if (stage != checkout_stage::noting) return;
    give_up(no.code, no.message);
    enter(checkout_stage::placing);
  }
  void evolve(const order_placed&) {
    if (stage != checkout_stage::placing) return;
    enter(reason.empty() ? checkout_stage::reserving : checkout_stage::cancelling);
  }
  void evolve(const acta::rejected<place_order>& no) {
    if (stage != checkout_stage::placing) return;
    give_up(no.code, no.message);
    enter(checkout_stage::done); // this order is not ours
  }

  void evolve(const stock_reserved& e) {
    if (stage != checkout_stage::reserving) return;
    reserved.push_back(e.sku);
    reservation_answered();
  }
  void evolve(const acta::rejected<reserve>& no) {
    if (stage != checkout_stage::reserving) return;
    give_up("out_of_stock", no.message);
    reservation_answered();
  }

  void evolve(const payment_due&) {
    if (stage == checkout_stage::awaiting) enter(checkout_stage::failing);
  }
  void evolve(const payment_confirmed& e) {
    reference = e.reference;
    if (awaits_payment()) enter(checkout_stage::paying);
  }
  void evolve(const payment_failed& e) { not_paid(e.reason); }
  void evolve(const acta::rejected<request_payment>& no) { not_paid(no.message); }

  void evolve(const order_paid&) {
    if (stage == checkout_stage::paying) enter(checkout_stage::shipping);
  }
  void evolve(const acta::rejected<mark_paid>& no) {
    if (stage != checkout_stage::paying) return;
    if (no.code == "already_paid") return enter(checkout_stage::shipping);
    give_up(no.code, no.message);
    undo();
  }
  void evolve(const stock_shipped&) {
    if (stage == checkout_stage::shipping) shipment_answered();
  }
  void evolve(const acta::rejected<ship>& no) {
    if (stage != checkout_stage::shipping) return;
    give_up("not_shipped", "a line is paid and cannot be shipped: " + no.message);
    shipment_answered();
  }
  void evolve(const order_shipped&) { end(checkout_stage::closing); }
  void evolve(const acta::rejected<mark_shipped>&) { end(checkout_stage::closing); }

  void evolve(const stock_released&) { release_answered(); }
  void evolve(const acta::rejected<release>&) { release_answered(); }
  void evolve(const order_cancelled&) { return_money(); }
  void evolve(const acta::rejected<cancel_order>& no) {
    if (no.code == "already_cancelled") return return_money();
    if (stage != checkout_stage::cancelling) return;
    detail = "it cannot be cancelled, and has no stock: " + no.message;
    enter(checkout_stage::reporting);
  }
  void evolve(const payment_refunded&) { end(checkout_stage::refunding); }
  void evolve(const acta::rejected<refund>&) { end(checkout_stage::refunding); }
  void evolve(const problem_reported&) { end(checkout_stage::reporting); }
  void evolve(const acta::rejected<report_problem>&) { end(checkout_stage::reporting); }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(stage));
    contents.serialize(ar);
    ar(CEREAL_NVP(answers), CEREAL_NVP(reserved), CEREAL_NVP(reason), CEREAL_NVP(detail),
       CEREAL_NVP(reference));
  }

private:
  static std::string id_of(const acta::metadata& about) {
    return about.stream.substr(about.stream.find('/') + 1);
  }

  [[nodiscard]] acta::reaction begin(std::string_view id) const {
    const std::string order_id(id);
    switch (stage) {
    case checkout_stage::idle:
      return {};
    case checkout_stage::noting:
      return acta::send<customer>(contents.customer, note_order{order_id});
    case checkout_stage::placing:
      return acta::send<order>(id, place_order{contents});
    case checkout_stage::reserving: {
      acta::reaction all;
      for (const auto& line : contents.lines)
        all.add(acta::send<stock>(line.sku, reserve{order_id, line.quantity}));
      return all;
    }
    case checkout_stage::awaiting:
      return {
          acta::send<payment>(id, request_payment{contents.name, contents.email, contents.total}),
          acta::after(deadline, payment_due{})};
    case checkout_stage::failing:
      return acta::send<payment>(id, fail_payment{"no_confirmation"});
    case checkout_stage::paying:
      return {acta::cancel<payment_due>(), acta::send<order>(id, mark_paid{})};
    case checkout_stage::shipping: {
      acta::reaction all;
      for (const auto& line : contents.lines) all.add(acta::send<stock>(line.sku, ship{order_id}));
      return all;
    }
    case checkout_stage::closing:
      return acta::send<order>(id, mark_shipped{});
    case checkout_stage::reporting:
      return acta::send<order>(id, report_problem{detail});
    case checkout_stage::releasing: {
      acta::reaction all;
      for (const auto& sku : reserved) all.add(acta::send<stock>(sku, release{order_id}));
      return all;
    }
    case checkout_stage::cancelling:
      return acta::send<order>(id, cancel_order{reason, detail});
    case checkout_stage::refunding:
      return acta::send<payment>(id, refund{reference});
    case checkout_stage::done:
      return acta::finish();
    }
    return {};
  }

  void enter(checkout_stage next) {
    stage = next;
    answers = 0;
  }
  /// The first reason counts.
  void give_up(std::string_view why, std::string_view message) {
    if (!reason.empty()) return;
    reason = why;
    detail = message;
  }
  void undo() { enter(reserved.empty() ? checkout_stage::cancelling : checkout_stage::releasing); }
  void end(checkout_stage last) {
    if (stage == last) enter(checkout_stage::done);
  }

  [[nodiscard]] bool awaits_payment() const {
    return stage == checkout_stage::awaiting || stage == checkout_stage::failing;
  }
  void not_paid(std::string_view why) {
    if (!awaits_payment()) return;
    give_up("payment_failed", why);
    undo();
  }
  void reservation_answered() {
    if (++answers < contents.lines.size()) return;
    if (!reason.empty()) return undo();
    enter(contents.total.amount > 0 ? checkout_stage::awaiting : checkout_stage::paying);
  }
  void shipment_answered() {
    if (++answers < contents.lines.size()) return;
    enter(reason.empty() ? checkout_stage::closing : checkout_stage::reporting);
  }
  void release_answered() {
    if (stage == checkout_stage::releasing && ++answers == reserved.size())
      enter(checkout_stage::cancelling);
  }
  void return_money() {
    if (stage != checkout_stage::cancelling) return;
    enter(reference.empty() ? checkout_stage::done : checkout_stage::refunding);
  }
};

} // namespace shop
