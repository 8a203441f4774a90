// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// `acta::result<T>`: a value or an `acta::error`, with the spellings of std::expected.
///
/// It never aliases std::expected by feature test: two language standards in one program would then
/// disagree about the layout.
#pragma once

#include <acta/core/assert.hpp>
#include <acta/core/error.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace acta {

template <class T> class result;

namespace detail {
template <class T> inline constexpr bool is_result = false;
template <class T> inline constexpr bool is_result<result<T>> = true;
} // namespace detail

/// A value of `T`, or the error that stands in its way.
template <class T> class [[nodiscard]] result {
public:
  using value_type = T;
  using error_type = acta::error;

  result() requires std::default_initializable<T> : storage_(std::in_place_index<0>) {}
  template <class U = T>
  requires(std::constructible_from<T, U&&> && !detail::is_result<std::remove_cvref_t<U>> &&
           !std::same_as<std::remove_cvref_t<U>, acta::error>) result(U&& value)
      : storage_(std::in_place_index<0>, std::forward<U>(value)) {}
  result(acta::error e) : storage_(std::in_place_index<1>, std::move(e)) {}

  [[nodiscard]] bool has_value() const noexcept { return storage_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Pre: has_value().
  T& value() & { return checked(), *std::get_if<0>(&storage_); }
  const T& value() const& { return checked(), *std::get_if<0>(&storage_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&storage_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Pre: !has_value().
  const acta::error& error() const& {
    ACTA_ASSERT(!has_value());
    return *std::get_if<1>(&storage_);
  }
  acta::error&& error() && {
    ACTA_ASSERT(!has_value());
    return std::move(*std::get_if<1>(&storage_));
  }

  template <class U> T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }
  template <class F> auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(f), std::move(*this).value());
  }
  template <class F>
  auto transform(F&& f) && -> result<std::remove_cv_t<std::invoke_result_t<F, T&&>>> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(f), std::move(*this).value());
  }

private:
  void checked() const { ACTA_ASSERT(has_value()); }
  std::variant<T, acta::error> storage_;
};

/// Success without a value, or an error.
template <> class [[nodiscard]] result<void> {
public:
  using value_type = void;
  using error_type = acta::error;

  result() = default;
  result(acta::error e) : error_(std::move(e)) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const { ACTA_ASSERT(has_value()); }
  const acta::error& error() const& {
    ACTA_ASSERT(!has_value());
    return *error_;
  }
  acta::error&& error() && {
    ACTA_ASSERT(!has_value());
    return std::move(*error_);
  }
  template <class F> auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(f));
  }

private:
  std::optional<acta::error> error_;
};

} // namespace acta
