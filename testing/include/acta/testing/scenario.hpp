// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What `acta::given<T>` starts: a scenario, of the kind that `T` is.
#pragma once

#include <acta/core/time.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/testing/round_trip.hpp>

#include <chrono>
#include <concepts>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

/// The time of a test that names none: 2026-01-01T00:00:00Z.
inline constexpr time_point default_time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// The stream of events that a test of views names none for.
inline constexpr std::string_view default_stream = "stream/1";

/// What `acta::given<T>` can test.
enum class tested { nothing, aggregate, process, view };

namespace detail {

/// What distinguishes them is what they have: an aggregate takes `commands`, a process `inputs`, a
/// view has `events` alone.
template <class T> consteval tested kind_of() {
  if constexpr (requires { typename T::commands; })
    return tested::aggregate;
  else if constexpr (requires { requires acta::detail::is_one_of<typename T::inputs>; })
    return tested::process;
  else if constexpr (requires { requires acta::detail::is_one_of<typename T::events>; })
    return tested::view;
  else
    return tested::nothing;
}

} // namespace detail

/// Specialised for each kind of thing that a domain has: by a value, since clang up to 16 takes no
/// constraints on what is defined outside of a specialisation. Each has
/// `static scenario given(past...)`, which makes it from the past of its `T`, and `when`.
template <class T, tested Kind = detail::kind_of<T>()> class scenario {
  static_assert(!std::same_as<T, T>,
                "acta::given<T>: T is not an aggregate, which has `using commands = "
                "acta::one_of<...>`, not a process, which has `using inputs = acta::one_of<...>`, "
                "and not a view, which has `using events = acta::one_of<...>` alone");

public:
  template <class... Past> static scenario given(Past&&...);
};

namespace detail {

template <class List> struct past_of;
template <class... Es> struct past_of<one_of<Es...>> { using event = std::variant<Es...>; };

/// Events of any of the types of `List`, in order.
template <class List> using past = std::vector<typename past_of<List>::event>;

/// Something that `given` or `then` accepts: an event, or a range of events or of variants of them.
template <class T, class List>
concept one_event =
    acta::detail::contains<std::remove_cvref_t<T>, List> || std::same_as < std::remove_cvref_t<T>,
typename past_of<List>::event > ;
template <class T, class List>
concept many_events = !one_event<T, List> && std::ranges::input_range<T> &&
                      one_event<std::ranges::range_reference_t<T>, List>;

/// A type of its own, so that the compiler's message names the argument and the events there are.
template <class Argument, class Events> struct argument_must_be_of {
  static_assert(one_event<Argument, Events> || many_events<Argument, Events>,
                "acta: given(...), happened(...) and then(...) take events (given(...) of a "
                "process: inputs), or ranges of them; both the argument's type and those there are "
                "stand in argument_must_be_of<Argument, one_of<Events...>>.");
  static constexpr bool ok = true;
};

template <class List, class T> void add_to(past<List>& all, T&& some) {
  static_assert(argument_must_be_of<std::remove_cvref_t<T>, List>::ok);
  if constexpr (one_event<T, List>)
    all.emplace_back(std::forward<T>(some));
  else if constexpr (many_events<T, List>)
    for (auto&& event : some) all.emplace_back(std::forward<decltype(event)>(event));
}

template <class... Es> std::string show_event(const std::variant<Es...>& event) {
  return std::visit([](const auto& e) { return show_named(e); }, event);
}

template <class Event> std::vector<std::string> show_events(const std::vector<Event>& events) {
  std::vector<std::string> shown;
  for (const auto& event : events) shown.push_back(show_event(event));
  return shown;
}

template <class List, class... T> past<List> make_past(T&&... some) {
  past<List> all;
  (add_to<List>(all, std::forward<T>(some)), ...);
  return all;
}

} // namespace detail

} // namespace acta::testing

namespace acta {

/// Starts a test of `T` in the state that its past has left it in: none, some events (inputs of a
/// process), or ranges of them.
///
///   acta::given<account>(opened{"ada"}, credited{50})   // an aggregate
///       .when(debit{80}).then_rejected("insufficient_funds");
///   acta::given<transfer>(request_transfer{"ada", "bob", 30})   // a process
///       .when(debited{30}).then(acta::send<account>("bob", credit{30}));
///   acta::given<balance>(opened{"ada"}, credited{50})   // a view
///       .then({.owner = "ada", .cents = 50});
///
/// Every value of the test makes the round trip through both codecs; see the scenario of each kind
/// for what else is proved. A test that fails throws acta::testing::failure.
template <class T, class... Past> testing::scenario<T> given(Past&&... past) {
  return testing::scenario<T>::given(std::forward<Past>(past)...);
}

} // namespace acta
