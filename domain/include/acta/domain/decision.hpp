// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What `decide` returns: events, nothing, or a rejection.
#pragma once

#include <acta/core/error.hpp>
#include <acta/domain/one_of.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace acta {

/// The domain's "no". `code` is stable and for programs, `message` is for people.
inline rejection reject(std::string code, std::string message = {}) {
  return rejection{std::move(code), std::move(message)};
}

template <class Events> class decision;

/// Events of one decision, stored all or none; or a rejection. An empty decision is accepted and
/// stores nothing.
///
///   return opened{c.owner};                  one event
///   return {debited{5}, overdrawn{}};        several, in this order
///   return {};                               nothing to do
///   return acta::reject("not_open");         no
///   decision d; d.add(...); return d;        a number known only at run time
template <class... Es> class decision<one_of<Es...>> {
public:
  using event = std::variant<Es...>;

  decision() = default;
  decision(rejection no) : outcome_(std::move(no)) {}
  template <class E>
  requires(detail::contains<std::remove_cvref_t<E>, one_of<Es...>>) decision(E&& only)
      : outcome_(std::in_place_type<event>, std::forward<E>(only)) {}
  template <class First, class... Rest>
  requires(sizeof...(Rest) > 0 && detail::contains<std::remove_cvref_t<First>, one_of<Es...>> &&
           (detail::contains<std::remove_cvref_t<Rest>, one_of<Es...>> && ...))
      decision(First&& first, Rest&&... rest) {
    add(std::forward<First>(first));
    (add(std::forward<Rest>(rest)), ...);
  }

  /// Appends an event. Pre: not a rejection.
  template <class E>
  requires(detail::contains<std::remove_cvref_t<E>, one_of<Es...>>) decision& add(E&& e) {
    if (std::holds_alternative<std::monostate>(outcome_)) {
      outcome_.template emplace<event>(std::forward<E>(e));
    } else {
      if (auto* one = std::get_if<event>(&outcome_)) {
        std::vector<event> many;
        many.push_back(std::move(*one));
        outcome_ = std::move(many);
      }
      std::get<std::vector<event>>(outcome_).emplace_back(std::forward<E>(e));
    }
    return *this;
  }

  /// The domain's no, or null.
  [[nodiscard]] const acta::rejection* rejected() const noexcept {
    return std::get_if<acta::rejection>(&outcome_);
  }
  [[nodiscard]] std::size_t size() const noexcept {
    if (const auto* many = std::get_if<std::vector<event>>(&outcome_)) return many->size();
    return std::holds_alternative<event>(outcome_) ? 1 : 0;
  }
  /// Calls f(const E&) for each event in order.
  template <class F> void for_each(F&& f) const {
    if (const auto* one = std::get_if<event>(&outcome_)) std::visit(f, *one);
    if (const auto* many = std::get_if<std::vector<event>>(&outcome_))
      for (const auto& e : *many) std::visit(f, e);
  }

private:
  std::variant<std::monostate, event, std::vector<event>, acta::rejection> outcome_;
};

} // namespace acta
