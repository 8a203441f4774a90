// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The payment of an order, under the order's id. It is the arbiter between the provider's word and
/// the deadline: whichever comes first is how it ends, and money that comes then is noted, to be
/// returned.
///
///   requested ─> confirmed
///       └──────> failed
///
/// Rules, each with the code of its rejection:
///
///   payment_id_invalid  the id of a payment has 1 to 64 bytes
///   contact_invalid     a payment is asked for from a name with an e-mail address
///   amount_invalid      an amount to be paid is more than 0
///   already_requested   a payment is requested once
///   not_requested       only what is requested can be confirmed or fail, or be returned
///   reference_invalid   a reference has 1 to 128 letters, digits, `-`, `_` and `:`
///   amount_differs      what is confirmed is the amount that was requested
///   too_many_receipts   money comes in at most 100 times
///   already_confirmed   a payment that is confirmed does not fail
///   already_failed      a payment fails once
///   reason_invalid      a reason has 1 to 200 bytes without control characters
///   unknown_reference   only what was received can be returned
///   already_refunded    money is returned once
///
/// The provider may say the same again at any time: a reference that is known changes nothing.
#pragma once

#include <shop/contact.hpp>
#include <shop/ids.hpp>
#include <shop/payment_events.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

// Commands.

struct request_payment {
  std::string name; ///< of who is to pay; letters go to the address
  std::string email;
  money amount;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(email), CEREAL_NVP(amount));
  }
};

/// The provider's word that money came in.
struct confirm {
  std::string reference; ///< the provider's, one for each payment made
  money amount;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reference), CEREAL_NVP(amount)); }
};

/// From the process when the time is over, or from the provider: `card_declined`.
struct fail_payment {
  std::string reason;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reason)); }
};

struct refund {
  std::string reference;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reference)); }
};

struct payment {
  static constexpr std::string_view name = "payment";
  using events = acta::one_of<payment_requested, payment_confirmed, payment_failed,
                              unexpected_payment_received, payment_refunded>;
  using commands = acta::one_of<request_payment, confirm, fail_payment, refund>;
  using decision = acta::decision<events>;

  static constexpr std::size_t receipts_max = 100;

  /// Money that came in.
  struct receipt {
    std::string reference;
    money amount;
    std::string why; ///< it was not expected: `late`, `twice`; empty if it was
    bool refunded = false;

    template <class A> void serialize(A& ar) {
      ar(CEREAL_NVP(reference), CEREAL_NVP(amount), CEREAL_NVP(why), CEREAL_NVP(refunded));
    }
  };

  std::string person; ///< who is to pay: `name` is the aggregate's
  std::string email;
  money amount;
  payment_state state = payment_state::none;
  std::string reason; ///< why it failed
  std::vector<receipt> receipts;

  decision decide(const request_payment& c, const acta::context& context) const {
    if (state != payment_state::none)
      return acta::reject("already_requested", "this payment is requested already");
    if (!is_id(context.id()))
      return acta::reject("payment_id_invalid", "the id of a payment has 1 to 64 bytes");
    if (!is_line(c.name) || !is_email(c.email))
      return acta::reject("contact_invalid", "a payment needs a name and an e-mail address");
    if (c.amount.amount <= 0)
      return acta::reject("amount_invalid", "an amount to be paid is more than 0");
    return payment_requested{c.name, c.email, c.amount};
  }

  decision decide(const confirm& c) const {
    if (state == payment_state::none) return not_requested();
    if (!is_reference(c.reference))
      return acta::reject("reference_invalid",
                          "a reference has 1 to 128 letters, digits, '-', '_' and ':'");
    if (c.amount != amount)
      return acta::reject("amount_differs", std::to_string(amount.amount) + ' ' +
                                                std::string(amount.currency.code()) +
                                                " in minor units were asked for");
    if (find(c.reference) != nullptr) return {};
    if (receipts.size() == receipts_max)
      return acta::reject("too_many_receipts", "money comes in at most 100 times");
    if (state == payment_state::requested) return payment_confirmed{c.reference, c.amount};
    return unexpected_payment_received{c.reference, c.amount,
                                       state == payment_state::failed ? "late" : "twice"};
  }

  decision decide(const fail_payment& c) const {
    if (state == payment_state::none) return not_requested();
    if (state == payment_state::confirmed)
      return acta::reject("already_confirmed", "the money is here");
    if (state == payment_state::failed)
      return acta::reject("already_failed", "this payment has failed already");
    if (!is_line(c.reason))
      return acta::reject("reason_invalid",
                          "a reason has 1 to 200 bytes without control characters");
    return payment_failed{person, email, amount, c.reason};
  }

  decision decide(const refund& c) const {
    if (state == payment_state::none) return not_requested();
    const auto* received = find(c.reference);
    if (received == nullptr) return acta::reject("unknown_reference", "no such money was received");
    if (received->refunded) return acta::reject("already_refunded", "this money is returned");
    return payment_refunded{person, email, received->amount, c.reference, received->why};
  }

  void evolve(const payment_requested& e) {
    person = e.name;
    email = e.email;
    amount = e.amount;
    state = payment_state::requested;
  }
  void evolve(const payment_confirmed& e) {
    receipts.push_back({e.reference, e.amount, {}, false});
    state = payment_state::confirmed;
  }
  void evolve(const payment_failed& e) {
    reason = e.reason;
    state = payment_state::failed;
  }
  void evolve(const unexpected_payment_received& e) {
    receipts.push_back({e.reference, e.amount, e.why, false});
  }
  void evolve(const payment_refunded& e) {
    const auto received = std::ranges::find(receipts, e.reference, &receipt::reference);
    if (received != receipts.end()) received->refunded = true;
  }

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("name", person), CEREAL_NVP(email), CEREAL_NVP(amount), CEREAL_NVP(state),
       CEREAL_NVP(reason), CEREAL_NVP(receipts));
  }

private:
  [[nodiscard]] const receipt* find(std::string_view reference) const {
    const auto at = std::ranges::find(receipts, reference, &receipt::reference);
    return at == receipts.end() ? nullptr : &*at;
  }
  static acta::rejection not_requested() {
    return acta::reject("not_requested", "nobody has asked for this payment");
  }
};

} // namespace shop
