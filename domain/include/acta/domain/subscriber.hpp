// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// From a plain struct that does something outside because of events to the engine's table.
///
/// A subscriber has `static constexpr std::string_view name`, `using events = acta::one_of<...>`
/// and, per event, a `handle(const E&) const` or `handle(const E&, const acta::effect_context&)
/// const`. What it returns is what is to be done:
///
/// - `acta::mail` or `acta::webhook`, or an `std::optional` of one, which may be none: the runtime
///   does it, by the channel that the host has given it;
/// - `void`: it has done it itself, and may have blocked for it. An exception says that it has not.
/// - `acta::result` of any of these: an error of condition `invalid` says that trying again is of
///   no use.
///
/// It is called at least once for each event, and again until it has succeeded or is given up
/// (docs/subscribers.md). Threads: several at once; the events of one stream one after another.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/domain/codec/binary.hpp>
#include <acta/domain/effect.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/domain/type_name.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace acta {

/// Where a subscriber begins that a store has not had before.
enum class start_at : std::uint8_t {
  now,       ///< with the events after its first start: nobody is written to because of the past
  beginning, ///< with the first event of the store
};

/// Of subscriber_options::concurrency.
inline constexpr std::size_t subscriber_concurrency_max = 64;

/// Longest pause that a receiver may ask for before the next attempt.
inline constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours{1};

/// How the runtime keeps a subscriber. All fields have defaults; name only what you change.
struct subscriber_options {
  /// Events handled at the same time, each of another stream, 1..64. Cost: a thread each, while
  /// there is work.
  std::size_t concurrency = 4;
  /// How often an event is tried before it becomes a dead letter; at least 1. With the pauses below
  /// twelve take a quarter of an hour on average.
  unsigned attempts = 12;
  /// The pause before the second attempt is a random one up to this long; the limit doubles with
  /// every attempt, up to the maximum. A receiver that asks for a longer one (error::retry_after)
  /// gets it, up to retry_after_max.
  std::chrono::milliseconds backoff_min{1'000};
  std::chrono::milliseconds backoff_max{600'000};
  /// Looked at once, when a store first has the subscriber.
  start_at start = start_at::now;
};

/// What an event leads to: nothing (any more), or one thing for a channel to do.
using effect = std::variant<std::monostate, mail, webhook>;

struct subscriber_event {
  const std::type_info* type = nullptr; ///< resolved to durable names through the model
  std::string name;                     ///< for messages
  std::uint16_t schema = 1;
  bool mails = false; ///< it may answer with a mail
  bool calls = false; ///< it may answer with a webhook
  /// Decodes the payload and lets the subscriber handle it. Errors: `decode_failed`,
  /// `handle_threw`, and what the subscriber answers. Never throws. Blocking: as the subscriber's.
  result<effect> (*handle)(const void* subscriber, bytes_view payload,
                           const effect_context& c) = nullptr;
};

struct subscriber_type {
  std::string name;
  subscriber_options options;
  std::vector<subscriber_event> events;
  const std::type_info* type = nullptr;
  std::shared_ptr<const void> subscriber; ///< the one that handles
};

/// Errors: `bad_model`, naming the first mistake in the name, the events or the options. What a
/// subscriber needs of others, model::check() finds.
result<void> check_subscriber_type(const subscriber_type& type);

/// effect_context::key of an effect: a version 8 uuid (RFC 9562), readable but for the hash that
/// tells subscribers, and stores, apart. Layout: docs/storage-format.md. On disk: never change.
/// @param part  of the events of today that a stored one is: 0 but for one that was split
[[nodiscard]] uuid effect_key(const uuid& store, std::string_view subscriber, position event,
                              std::uint16_t part = 0) noexcept;

/// Whether a channel could do it. What an address or a subject must not hold would otherwise become
/// another header of the mail. Errors: `invalid_argument`.
result<void> check_effect(const effect& e);

namespace detail {

/// What a handle may return, and what of it a channel is needed for.
template <class T> struct handled {
  static constexpr bool ok = std::is_void_v<T>, mails = false, calls = false;
};
template <> struct handled<mail> { static constexpr bool ok = true, mails = true, calls = false; };
template <> struct handled<webhook> {
  static constexpr bool ok = true, mails = false, calls = true;
};
template <> struct handled<effect> { static constexpr bool ok = true, mails = true, calls = true; };
template <> struct handled<std::optional<mail>> : handled<mail> {};
template <> struct handled<std::optional<webhook>> : handled<webhook> {};
template <class T> struct handled<result<T>> : handled<T> {};

template <class S, class E>
concept handles_with_context = requires(const S& s, const E& e, const effect_context& c) {
  requires handled<std::remove_cvref_t<decltype(s.handle(e, c))>>::ok;
};
template <class S, class E>
concept handles_plain = requires(const S& s, const E& e) {
  requires handled<std::remove_cvref_t<decltype(s.handle(e))>>::ok;
};

template <class S>
concept is_subscriber = requires {
  requires is_one_of<typename S::events>;
}
&&!requires { typename S::commands; }
&&!requires { typename S::inputs; };

/// As for aggregates: types of their own, so that the message names subscriber and event.
template <class Subscriber, class Event>
concept can_handle = (handles_plain<Subscriber, Event> ||
                      handles_with_context<Subscriber, Event>)&&std::default_initializable<Event>;
template <class Subscriber, class Event> struct subscriber_must_handle {
  static_assert(
      handles_plain<Subscriber, Event> || handles_with_context<Subscriber, Event>,
      "acta: the subscriber has no `handle(const Event&) const` (or `handle(const Event&, const "
      "acta::effect_context&) const`) for this Event; both types are named in "
      "subscriber_must_handle<Subscriber, Event>. It returns acta::mail, acta::webhook, an "
      "std::optional of one, void, or an acta::result of one of these. A handle that is not const "
      "does not count: several threads call it.");
  static_assert(std::default_initializable<Event>,
                "acta: the Event of subscriber_must_handle<Subscriber, Event> must be "
                "default-constructible: stored ones are read into a fresh one.");
  static constexpr bool ok = true;
};
template <class Subscriber>
concept well_formed_subscriber =
    has_own_name<Subscriber> && is_subscriber<Subscriber> && std::move_constructible<Subscriber>;
template <class Subscriber> struct subscriber_must_be_well_formed {
  static_assert(has_own_name<Subscriber>,
                "acta: a subscriber needs `static constexpr std::string_view name`: it names the "
                "folder that says what it has done, and must not follow a renaming of the C++ "
                "type.");
  static_assert(is_subscriber<Subscriber>,
                "acta: a subscriber needs `using events = acta::one_of<...>`, and has no commands "
                "and no inputs.");
  static_assert(std::move_constructible<Subscriber>,
                "acta: a subscriber must be movable: the model keeps the one it is given.");
  static constexpr bool ok = true;
};

/// As is_whole_aggregate.
template <class S> constexpr bool is_whole_subscriber() {
  if constexpr (well_formed_subscriber<S>)
    return
        []<class... Ts>(one_of<Ts...>) { return (can_handle<S, Ts> && ...); }(typename S::events{});
  return false;
}
template <class S> void tell_missing_of_subscriber() {
  (void)sizeof(subscriber_must_be_well_formed<S>);
  if constexpr (well_formed_subscriber<S>) {
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(subscriber_must_handle<S, Ts>), ...);
    }(typename S::events{});
  }
}

template <class S, class E>
decltype(auto) handle(const S& subscriber, const E& event, const effect_context& c) {
  if constexpr (handles_with_context<S, E>)
    return subscriber.handle(event, c);
  else
    return subscriber.handle(event);
}
template <class S, class E>
using handle_result = std::remove_cvref_t<decltype(handle(
    std::declval<const S&>(), std::declval<const E&>(), std::declval<const effect_context&>()))>;

inline effect to_effect(effect e) { return e; }
inline effect to_effect(mail m) { return m; }
inline effect to_effect(webhook w) { return w; }
template <class T> effect to_effect(std::optional<T> one) {
  return one ? effect(std::move(*one)) : effect();
}
template <class T> result<effect> to_answer(T&& done) {
  if constexpr (is_result<std::remove_cvref_t<T>>) {
    if (!done) return std::forward<T>(done).error();
    if constexpr (std::is_void_v<typename std::remove_cvref_t<T>::value_type>)
      return effect();
    else
      return to_effect(*std::forward<T>(done));
  } else {
    return to_effect(std::forward<T>(done));
  }
}

template <class S, class E>
result<effect> handle_event(const void* subscriber, bytes_view payload, const effect_context& c) {
  try {
    E event{};
    if (auto decoded = decode_binary(payload, event); !decoded) return std::move(decoded).error();
    const auto& self = *static_cast<const S*>(subscriber);
    if constexpr (std::is_void_v<handle_result<S, E>>) {
      handle<S, E>(self, event, c);
      return effect();
    } else {
      return to_answer(handle<S, E>(self, event, c));
    }
  } catch (...) { return error(domain_errc::handle_threw, describe_exception()); }
}

template <class S, class E> subscriber_event make_subscriber_event() {
  return {.type = &typeid(E),
          .name = std::string(type_name<E>()),
          .schema = static_cast<std::uint16_t>(schema_version<E>()),
          .mails = handled<handle_result<S, E>>::mails,
          .calls = handled<handle_result<S, E>>::calls,
          .handle = handle_event<S, E>};
}

} // namespace detail

/// Builds the table of `S`. Compile errors name what is missing: subscriber_must_handle<S, E>.
/// @param subscriber  the one that handles, with whatever the host has put into it
template <class S>
subscriber_type make_subscriber_type(const subscriber_options& options = {}, S subscriber = {}) {
  subscriber_type t;
  t.options = options;
  if constexpr (detail::is_whole_subscriber<S>()) {
    t.name = S::name;
    [&]<class... Es>(one_of<Es...>) {
      (t.events.push_back(detail::make_subscriber_event<S, Es>()), ...);
    }(typename S::events{});
    t.type = &typeid(S);
    t.subscriber = std::make_shared<const S>(std::move(subscriber));
  } else {
    detail::tell_missing_of_subscriber<S>();
  }
  return t;
}

} // namespace acta
