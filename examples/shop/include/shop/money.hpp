// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Money as a value object: it cannot hold a currency that is none, overflow, or mix currencies.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <cereal/cereal.hpp>

namespace shop {

/// An ISO 4217 code: three capital letters; unless told otherwise three times X, which is the code
/// of "no currency". Whether the letters are a currency of this world is not checked: that list
/// changes.
class currency {
public:
  constexpr currency() = default;
  /// A literal, checked by the compiler.
  consteval currency(const char (&code)[4]) : currency(*parse({code, 3})) {}

  static constexpr std::optional<currency> parse(std::string_view code) noexcept {
    if (code.size() != 3) return std::nullopt;
    currency read;
    for (std::size_t i = 0; i < 3; ++i) {
      if (code[i] < 'A' || code[i] > 'Z') return std::nullopt;
      read.letters_[i] = code[i];
    }
    return read;
  }

  [[nodiscard]] constexpr std::string_view code() const noexcept {
    return {letters_.data(), letters_.size()};
  }
  friend constexpr bool operator==(const currency&, const currency&) = default;

  template <class A> std::string save_minimal(const A&) const { return std::string(code()); }
  /// An archive knows no other way to refuse a value; Acta turns the exception into an error that
  /// names the field.
  template <class A> void load_minimal(const A&, const std::string& text) {
    const auto read = parse(text);
    if (!read) throw std::invalid_argument("a currency is three capital letters, such as EUR");
    *this = *read;
  }

private:
  std::array<char, 3> letters_{'X', 'X', 'X'};
};

/// An amount in the minor units of its currency: {1299, "EUR"} is 12.99 euros.
struct money {
  std::int64_t amount = 0;
  shop::currency currency;

  friend constexpr bool operator==(const money&, const money&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(currency)); }
};

/// Nothing if the currencies differ or the sum does not fit.
[[nodiscard]] constexpr std::optional<money> add(const money& a, const money& b) noexcept {
  money sum{0, a.currency};
  if (a.currency != b.currency || __builtin_add_overflow(a.amount, b.amount, &sum.amount))
    return std::nullopt;
  return sum;
}

/// Nothing if the product does not fit.
[[nodiscard]] constexpr std::optional<money> multiply(const money& m,
                                                      std::int64_t factor) noexcept {
  money product{0, m.currency};
  if (__builtin_mul_overflow(m.amount, factor, &product.amount)) return std::nullopt;
  return product;
}

/// For sums of reports, which must not stop because of one amount: what does not fit is the largest
/// there is. Pre: neither is negative.
[[nodiscard]] constexpr std::int64_t add_up(std::int64_t sum, std::int64_t amount) noexcept {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return amount > most - sum ? most : sum + amount;
}

/// Digits behind the point, by ISO 4217 (list one, 2024): 2 for all currencies but these. Codes
/// that have no minor unit at all, of gold (XAU) and the like, are not prices, and get 2.
[[nodiscard]] constexpr int minor_digits(const currency& c) noexcept {
  constexpr std::string_view none[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                       "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                       "VND", "VUV", "XAF", "XOF", "XPF"};
  constexpr std::string_view three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  constexpr std::string_view four[] = {"CLF", "UYW"};
  const auto is_of = [&](const auto& all) {
    return std::ranges::find(all, c.code()) != std::end(all);
  };
  return is_of(none) ? 0 : is_of(three) ? 3 : is_of(four) ? 4 : 2;
}

/// `12.99 EUR`, as people read it.
[[nodiscard]] inline std::string to_text(const money& m) {
  const bool negative = m.amount < 0;
  auto digits = std::to_string(m.amount).substr(negative ? 1 : 0);
  if (const auto behind = static_cast<std::size_t>(minor_digits(m.currency)); behind > 0) {
    if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
    digits.insert(digits.size() - behind, 1, '.');
  }
  return (negative ? "-" : "") + digits + ' ' + std::string(m.currency.code());
}

} // namespace shop
