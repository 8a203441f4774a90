// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An account of the third release of its program, and what the first two have left of it.
#pragma once

#include <acta/domain.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

namespace releases {

/// In the second release it got a currency, in the third it has another name.
struct deposited_v1 {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposited {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static deposited upcast(const deposited_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
/// In the third release it is two events.
struct moved {
  std::int64_t out = 0;
  std::int64_t in = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};

struct paid_in {
  std::int64_t cents = 0;
  std::string currency;
  std::string by;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(cents), CEREAL_NVP(currency), CEREAL_NVP(by));
  }
};
struct withdrawn {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

inline paid_in upcast(const deposited& old, const acta::metadata& m) {
  return {old.cents, old.currency, m.caller};
}
inline std::array<std::variant<withdrawn, paid_in>, 2> upcast(const moved& old) {
  if (old.out < 0) throw std::domain_error("less than nothing");
  return {withdrawn{old.out}, paid_in{old.in, "EUR", ""}};
}

struct pay_in {
  static constexpr unsigned schema = 2;
  struct v1 {
    std::int32_t euros = 0;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(euros)); }
  };
  std::int64_t cents = 0;
  static pay_in upcast(const v1& old) { return {std::int64_t{100} * old.euros}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<paid_in, withdrawn>;
  using commands = acta::one_of<pay_in>;
  using earlier = acta::one_of<deposited, moved, acta::retired<"gift_given">>;
  std::int64_t cents = 0;
  acta::decision<events> decide(const pay_in& c, const acta::context& by) const {
    return paid_in{c.cents, "USD", "at version " + std::to_string(by.version())};
  }
  void evolve(const paid_in& e) { cents += e.cents; }
  void evolve(const withdrawn& e) { cents -= e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct turnover {
  static constexpr std::string_view name = "turnover";
  using events = acta::one_of<paid_in>;
  std::int64_t in = 0;
  std::string last;
  void evolve(const paid_in& e, const acta::metadata& m) {
    in += e.cents;
    last = m.stream + "@" + std::to_string(m.version) + " " + e.by;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(in), CEREAL_NVP(last)); }
};

struct follow_up {
  static constexpr std::string_view name = "follow_up";
  using inputs = acta::one_of<pay_in, withdrawn>;
  std::int64_t asked = 0;
  std::int64_t out = 0;
  acta::reaction react(const pay_in& p) const { return acta::send<account>("ada", p); }
  acta::reaction react(const withdrawn&) const { return {}; }
  void evolve(const pay_in& p) { asked += p.cents; }
  void evolve(const withdrawn& w) { out += w.cents; }
  static std::optional<std::string> key(const withdrawn&, const acta::metadata&) { return "all"; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(asked), CEREAL_NVP(out)); }
};

struct teller {
  static constexpr std::string_view name = "teller";
  using events = acta::one_of<paid_in, withdrawn>;
  acta::mail handle(const paid_in& e, const acta::effect_context& c) const {
    return {.to = "ada@example.org",
            .subject = "+" + std::to_string(e.cents) + e.currency,
            .text = c.event.caller};
  }
  acta::mail handle(const withdrawn& e) const {
    return {.to = "ada@example.org", .subject = "-" + std::to_string(e.cents), .text = "out"};
  }
};

} // namespace releases
