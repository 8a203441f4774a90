// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An account, a process, a view, a query and a subscriber, of which each source beside this header
/// breaks one part.
#pragma once

#include <acta/domain.hpp>

namespace bank {

struct opened {
  template <class A> void serialize(A&) {}
};
struct credited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct open_account {
  template <class A> void serialize(A&) {}
};
struct credit {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct sound_account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened, credited>;
  using commands = acta::one_of<open_account, credit>;
  using decision = acta::decision<events>;

  decision decide(const open_account&) const { return opened{}; }
  decision decide(const credit& c) const { return credited{c.cents}; }
  void evolve(const opened&) {}
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};

struct sound_refill {
  static constexpr std::string_view name = "refill";
  using inputs = acta::one_of<opened, acta::rejected<credit>>;
  acta::reaction react(const opened&) const { return acta::send<sound_account>("ada", credit{5}); }
  acta::reaction react(const acta::rejected<credit>&) const { return acta::finish(); }
  static std::optional<std::string> key(const opened&, const acta::metadata& m) { return m.stream; }
  template <class A> void serialize(A&) {}
};

struct sound_balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<opened, credited>;
  std::int64_t cents = 0;
  void evolve(const opened&) {}
  void evolve(const credited& e) { cents += e.cents; }
  static auto indexes() { return acta::indexes(acta::index("by_cents", &sound_balance::cents)); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct sound_question {
  static constexpr std::string_view name = "how_many";
  using reply = std::uint64_t;
  acta::result<reply> answer(const acta::picture& p) const {
    return p.view<sound_balance>().count();
  }
  template <class A> void serialize(A&) {}
};

struct sound_notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<opened, credited>;
  acta::mail handle(const opened&) const { return {"ada@example.org", "Opened", ""}; }
  acta::result<void> handle(const credited&, const acta::effect_context&) const { return {}; }
};

} // namespace bank
