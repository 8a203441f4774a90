// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What happens to payments.
#pragma once

#include <shop/money.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace shop {

/// Stored as its number: never renumber.
enum class payment_state : std::uint8_t { none, requested, confirmed, failed };

constexpr std::array<std::pair<payment_state, std::string_view>, 4> enum_names(payment_state) {
  return {{{payment_state::none, "none"},
           {payment_state::requested, "requested"},
           {payment_state::confirmed, "confirmed"},
           {payment_state::failed, "failed"}}};
}

struct payment_requested {
  std::string name;
  std::string email;
  money amount;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(email), CEREAL_NVP(amount));
  }
};

struct payment_confirmed {
  std::string reference;
  money amount;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reference), CEREAL_NVP(amount)); }
};

struct payment_failed {
  std::string name;
  std::string email;
  money amount;
  std::string reason; ///< `no_confirmation`: the time was over

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(email), CEREAL_NVP(amount), CEREAL_NVP(reason));
  }
};

/// Money that nobody waits for any more. The process `refund` returns it.
struct unexpected_payment_received {
  std::string reference;
  money amount;
  std::string why; ///< `late`: the payment had failed; `twice`: it was confirmed already

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(reference), CEREAL_NVP(amount), CEREAL_NVP(why));
  }
};

struct payment_refunded {
  std::string name;
  std::string email;
  money amount;
  std::string reference;
  std::string why; ///< of the unexpected payment; empty if it was one that was expected

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(name), CEREAL_NVP(email), CEREAL_NVP(amount), CEREAL_NVP(reference),
       CEREAL_NVP(why));
  }
};

} // namespace shop
