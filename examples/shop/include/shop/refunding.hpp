// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The process `refund`: money that nobody waited for goes back. Its id is the payment's, a dot,
/// and the provider's reference, which has no dot: each payment made is returned for itself.
#pragma once

#include <shop/payment.hpp>

#include <acta/domain.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace shop {

struct refunding {
  static constexpr std::string_view name = "refund";
  using inputs =
      acta::one_of<unexpected_payment_received, payment_refunded, acta::rejected<refund>>;

  std::string reference; ///< of what is to be returned
  bool returned = false; ///< by this process, or it was before

  static std::optional<std::string> key(const unexpected_payment_received& e,
                                        const acta::metadata& about) {
    return about.stream.substr(about.stream.find('/') + 1) + '.' + e.reference;
  }

  acta::reaction react(const unexpected_payment_received& e, const acta::context& context) const {
    const auto id = context.id();
    return acta::send<payment>(id.substr(0, id.size() - e.reference.size() - 1),
                               refund{e.reference});
  }
  acta::reaction react(const payment_refunded&) const { return acta::finish(); }
  /// Somebody has returned it by hand.
  acta::reaction react(const acta::rejected<refund>&) const { return acta::finish(); }

  void evolve(const unexpected_payment_received& e) { reference = e.reference; }
  void evolve(const payment_refunded&) { returned = true; }
  void evolve(const acta::rejected<refund>&) { returned = true; }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reference), CEREAL_NVP(returned)); }
};

} // namespace shop
