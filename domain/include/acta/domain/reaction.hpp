// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a process answers to an input: commands to send, timers to set or cancel, its end.
///
///   return {acta::send<account>(from, debit{cents}), acta::after(24h, expired{})};
#pragma once

#include <acta/core/time.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/kept.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/domain/type_name.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acta {

namespace detail {

template <class C> consteval auto rejected_name() {
  constexpr std::string_view before = "rejected.", command = type_name<C>();
  std::array<char, before.size() + command.size()> text{};
  std::ranges::copy(command, std::ranges::copy(before, text.begin()).out);
  return text;
}
template <class C> inline constexpr auto rejected_name_of = rejected_name<C>();

} // namespace detail

/// The domain's no to a command that the process sent: an input like an event.
template <class C> struct rejected {
  /// `rejected.credit`: without the command in it, a process could take the no to one only.
  static constexpr std::string_view name{detail::rejected_name_of<C>.data(),
                                         detail::rejected_name_of<C>.size()};
  /// The command's: it is stored with the no, so a change of its fields is a change of this input.
  static constexpr unsigned schema = detail::schema_version<C>();

  std::string code = {}; // a test names what it means and no more, without a warning
  std::string message = {};
  C command{};

  /// Of an older version of the command.
  static rejected upcast(const rejected<detail::older_or_none<C>>& old) {
    return {old.code, old.message, detail::call_member_upcast<C>(old.command, metadata{})};
  }

  friend bool operator==(const rejected&, const rejected&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(code), CEREAL_NVP(message), CEREAL_NVP(command));
  }
};

namespace detail {
/// The no has the versions of its command.
template <class C> inline constexpr bool has_no_upcast<rejected<C>> = !upcasts_to_itself<C>;
template <class C, unsigned Newer>
struct schema_before<rejected<C>, Newer> : schema_before<C, Newer> {};
} // namespace detail

/// A command for an aggregate, or an input for another process. On disk, as part of a step.
struct command_to_send {
  std::string aggregate;
  std::string id;
  std::string command; ///< kept_name
  std::string json;    ///< the command's fields
  friend bool operator==(const command_to_send&, const command_to_send&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(aggregate), CEREAL_NVP(id), CEREAL_NVP(command), CEREAL_NVP(json));
  }
};

/// An input that the process sends to itself, later. A timer of the same name is replaced.
struct timer_to_set {
  std::string name;
  std::string input; ///< kept_name of the input's type
  std::string json;  ///< its fields
  std::variant<std::chrono::microseconds, time_point> when;
  friend bool operator==(const timer_to_set&, const timer_to_set&) = default;
};
struct timer_to_cancel {
  std::string name;
  friend bool operator==(const timer_to_cancel&, const timer_to_cancel&) = default;
};
/// The process is done: its timers are gone, later events and rejections change nothing, and
/// whoever asks it for something is told so by a rejection (`process_finished`).
struct finish_process {
  friend bool operator==(const finish_process&, const finish_process&) = default;
};

using action = std::variant<command_to_send, timer_to_set, timer_to_cancel, finish_process>;

/// Actions of one reaction.
inline constexpr std::size_t reaction_actions_max = 1'024;
/// Of a timer's name, which is part of a key beside the stream and the time.
inline constexpr std::size_t timer_name_bytes_max = 128;

/// Actions in order, at most reaction_actions_max; none is an answer too.
class reaction {
public:
  reaction() = default;
  reaction(action a) { actions_.push_back(std::move(a)); }
  reaction(std::initializer_list<action> all) : actions_(all) {}

  reaction& add(action a) {
    actions_.push_back(std::move(a));
    return *this;
  }
  [[nodiscard]] const std::vector<action>& actions() const noexcept { return actions_; }

private:
  std::vector<action> actions_;
};

namespace detail {

template <class A, class C>
concept takes_command = requires {
  requires contains<C, typename A::commands>;
};
template <class P, class I>
concept takes_input = requires {
  requires contains<I, typename P::inputs>;
};

/// Pre: inside react, whose exceptions are caught.
template <class T> std::string fields_of(const T& value) {
  auto json = to_json(value);
  if (!json) throw std::runtime_error(json.error().to_string());
  return std::move(*json);
}

} // namespace detail

/// Sends a command to an aggregate, or an input to another process. It is sent until it is
/// answered; the receiver takes it once.
template <class A, class C>
requires(detail::takes_command<A, C> || detail::takes_input<A, C>) action
    send(std::string_view id, const C& command) {
  return command_to_send{std::string(A::name), std::string(id), detail::kept_name_of<C>(),
                         detail::fields_of(command)};
}

/// The input `after` this time, counted from the step's own, never early. @param name  tells
/// several timers of one input apart; by default the input's.
template <class I>
action after(std::chrono::microseconds pause, const I& input,
             std::string_view name = type_name<I>()) {
  return timer_to_set{std::string(name), detail::kept_name_of<I>(), detail::fields_of(input),
                      pause};
}
template <class I>
action at(time_point when, const I& input, std::string_view name = type_name<I>()) {
  return timer_to_set{std::string(name), detail::kept_name_of<I>(), detail::fields_of(input), when};
}
/// Without effect if there is no such timer.
template <class I> action cancel() { return timer_to_cancel{std::string(type_name<I>())}; }
inline action cancel(std::string_view name) { return timer_to_cancel{std::string(name)}; }
inline action finish() { return finish_process{}; }

} // namespace acta
