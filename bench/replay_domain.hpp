// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A till whose event is in its third version, as three programs know it: the first release, the
/// third, and one that has what the third has but no upcasts.
#pragma once

#include <acta/domain.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

struct pay {
  std::uint32_t times = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(times)); }
};

/// As the first release wrote it.
struct paid_v1 {
  static constexpr std::string_view name = "paid";
  std::int64_t cents = 0;
  static paid_v1 made(std::int64_t cents) { return {cents}; }
  [[nodiscard]] std::int64_t total() const { return cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
/// A field more.
struct paid_v2 {
  static constexpr std::string_view name = "paid";
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static paid_v2 upcast(const paid_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
/// A field with another meaning, and one more.
struct paid_fields {
  static constexpr std::string_view name = "paid";
  static constexpr unsigned schema = 3;
  std::int64_t thousandths = 0;
  std::string currency;
  std::uint32_t till = 0;
  [[nodiscard]] std::int64_t total() const { return thousandths; }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(thousandths), CEREAL_NVP(currency), CEREAL_NVP(till));
  }
};
/// In a program that reads all three.
struct paid : paid_fields {
  static paid made(std::int64_t cents) { return {{cents * 10, "EUR", 1}}; }
  static paid upcast(const paid_v2& old) { return {{old.cents * 10, old.currency, 1}}; }
};
/// In a program that knows no other.
struct paid_alone : paid_fields {
  static paid_alone made(std::int64_t cents) { return {{cents * 10, "EUR", 1}}; }
};

template <class Paid> struct till {
  static constexpr std::string_view name = "till";
  using events = acta::one_of<Paid>;
  using commands = acta::one_of<pay>;
  using decision = acta::decision<events>;
  std::int64_t total = 0;
  std::uint64_t count = 0;
  decision decide(const pay& c) const {
    decision d;
    for (std::uint32_t i = 0; i < c.times; ++i) d.add(Paid::made(i));
    return d;
  }
  void evolve(const Paid& e) { ++count, total += e.total(); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total), CEREAL_NVP(count)); }
};

/// One row a till.
template <class Paid> struct takings {
  static constexpr std::string_view name = "takings";
  using events = acta::one_of<Paid>;
  std::int64_t total = 0;
  std::uint64_t count = 0;
  void evolve(const Paid& e) { ++count, total += e.total(); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total), CEREAL_NVP(count)); }
};

} // namespace bench
