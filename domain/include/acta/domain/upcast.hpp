// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events as earlier releases wrote them, and what they are today.
///
/// A change of an event is a new version of it. The struct of the version before stays in the
/// program, and the new one says how the old is read:
///
///   struct deposited_v1 { std::int64_t cents = 0; … };        // as it was
///   struct deposited {
///     static constexpr unsigned schema = 2;
///     std::int64_t cents = 0;
///     std::string currency;
///     …
///     static deposited upcast(const deposited_v1& old) { return {old.cents, "EUR"}; }
///   };
///
/// The version before is `deposited 1`, for nothing else is said: an older struct without a `name`
/// has that of the newer one, and without a `schema` the number before. Versions are chained: the
/// third has an `upcast` from the second, which has one from the first.
///
/// What is no younger version of one event (it was split in two, two became one, it has another
/// name) is said by a free function beside the old struct, and the aggregate lists the struct:
///
///   std::tuple<withdrawn, deposited> upcast(const moved& old);
///
///   struct account {
///     using earlier = acta::one_of<moved, acta::retired<"gift_given">>;
///
/// An `upcast` takes the older event, and `const acta::metadata&` if it wants to, and returns one
/// event of the aggregate or an earlier one, or a std::optional, std::vector, std::tuple or
/// std::variant of them: one event may become none, one or several of today. It is called each time
/// the event is read, so it depends on nothing but what it is given.
///
/// A retired event is passed over wherever states are made; its name alone is left in the program.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/kinds.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/domain/type_name.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace acta {

namespace detail {

template <std::size_t N> struct fixed_text {
  char text[N]{};
  consteval fixed_text(const char (&given)[N]) { std::copy(given, given + N, text); }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

} // namespace detail

/// An event that nobody writes any more, in an aggregate's `earlier`. All its versions are passed
/// over by states and views; over HTTP they are shown as the store's contract describes them.
/// @tparam Name  without the aggregate's: `gift_given`
template <detail::fixed_text Name> struct retired {
  static constexpr std::string_view name = Name.view();
};

namespace detail {

template <class> inline constexpr bool is_retired = false;
template <fixed_text Name> inline constexpr bool is_retired<retired<Name>> = true;

// -- one upcast ---------------------------------------------------------------------------------

template <class Result, class Older> struct upcast_form {
  using result = Result;
  using older = std::remove_cvref_t<Older>;
};
template <class Result, class Older> upcast_form<Result, Older> form_of_upcast(Result (*)(Older));
template <class Result, class Older>
upcast_form<Result, Older> form_of_upcast(Result (*)(Older, const metadata&));

/// A template whose upcast is good for some arguments only says here for which not. (A constraint
/// of the function would do, but gcc 12 does not look at it when its address is taken.)
template <class T> inline constexpr bool has_no_upcast = false;

/// The newer struct has `static … upcast(const Older&)`, or the same with metadata.
template <class T>
concept has_upcast = std::is_class_v<T> && !has_no_upcast<T> && requires {
  form_of_upcast(&T::upcast);
};
template <class T> using older_of = typename decltype(form_of_upcast(&T::upcast))::older;

/// Something is called so that is none: it must not be passed over in silence.
struct named_upcast {
  void upcast();
};
template <class T> struct upcast_probe : T, named_upcast {};
template <class T>
concept has_member_upcast =
    std::is_class_v<T> && !std::is_final_v<T> && !has_no_upcast<T> && !requires {
  &upcast_probe<T>::upcast;
};
template <class Newer> struct upcast_must_be_one {
  static_assert(has_upcast<Newer> || !has_member_upcast<Newer>,
                "acta: the upcast of the Newer of upcast_must_be_one<Newer> must be one public "
                "static function of the older struct, `static Newer upcast(const Older&)`, which "
                "may take a `const acta::metadata&` beside it. Several older versions are chained: "
                "each has an upcast from the one before.");
};

template <class Older>
concept upcast_beside = requires(const Older& old) {
  upcast(old);
};
template <class Older>
concept upcast_beside_with_metadata = requires(const Older& old, const metadata& m) {
  upcast(old, m);
};
template <class Newer>
concept upcast_takes_metadata = requires(const older_of<Newer>& old, const metadata& m) {
  Newer::upcast(old, m);
};

// -- all the events an aggregate has had --------------------------------------------------------

template <class A> struct listed_earlier { using type = one_of<>; };
template <class A>
requires requires { typename A::earlier; }
struct listed_earlier<A> {
  using type = typename A::earlier;
};

template <class... Lists> struct joined;
template <class... Ts> struct joined<one_of<Ts...>> { using type = one_of<Ts...>; };
template <class... As, class... Bs, class... Lists>
struct joined<one_of<As...>, one_of<Bs...>, Lists...> : joined<one_of<As..., Bs...>, Lists...> {};
template <class... Lists> using joined_t = typename joined<Lists...>::type;

template <class List, template <class> class Keep> struct kept;
template <template <class> class Keep> struct kept<one_of<>, Keep> { using type = one_of<>; };
template <class T, class... Ts, template <class> class Keep> struct kept<one_of<T, Ts...>, Keep> {
  using rest = typename kept<one_of<Ts...>, Keep>::type;
  using type = std::conditional_t<Keep<T>::value, joined_t<one_of<T>, rest>, rest>;
};
template <class T> struct has_struct : std::bool_constant<!is_retired<T>> {};
template <class T> struct has_name_only : std::bool_constant<is_retired<T>> {};

template <class T> struct before { using type = one_of<>; };
template <has_upcast T> struct before<T> { using type = one_of<older_of<T>>; };

/// What is in `Todo` and what leads to it, each once.
template <class Done, class Todo> struct all_before;
template <class Done> struct all_before<Done, one_of<>> { using type = Done; };
template <class... Ds, class T, class... Ts>
struct all_before<one_of<Ds...>, one_of<T, Ts...>>
    : std::conditional_t<
          contains<T, one_of<Ds...>>, all_before<one_of<Ds...>, one_of<Ts...>>,
          all_before<one_of<Ds..., T>, joined_t<one_of<Ts...>, typename before<T>::type>>> {};

template <class A> struct history {
  using listed = typename listed_earlier<A>::type;
  using retired = typename kept<listed, has_name_only>::type;
  /// Present and earlier events that have a struct.
  using known = typename all_before<
      one_of<>, joined_t<typename A::events, typename kept<listed, has_struct>::type>>::type;
  template <class T> struct is_earlier : std::bool_constant<!contains<T, typename A::events>> {};
  using earlier = typename kept<known, is_earlier>::type;
};

/// The struct of `Known` whose member upcast takes `Older`; void without one.
template <class Older, class Known> struct newer_of;
template <class Older> struct newer_of<Older, one_of<>> { using type = void; };
template <class Older, class T, class... Ts> struct newer_of<Older, one_of<T, Ts...>> {
  template <class N> static constexpr bool takes() {
    if constexpr (has_upcast<N>)
      return std::same_as<older_of<N>, Older>;
    else
      return false;
  }
  using type = std::conditional_t<takes<T>(), T, typename newer_of<Older, one_of<Ts...>>::type>;
};
template <class A, class Older>
using newer_t = typename newer_of<Older, typename history<A>::known>::type;

template <class A, class E> consteval std::string_view stored_name() {
  if constexpr (!has_own_name<E> && !std::is_void_v<newer_t<A, E>>)
    return stored_name<A, newer_t<A, E>>();
  else
    return type_name<E>();
}
template <class A, class E> consteval unsigned stored_schema() {
  if constexpr (has_own_schema<E>) {
    return E::schema;
  } else if constexpr (!std::is_void_v<newer_t<A, E>>) {
    constexpr auto newer = stored_schema<A, newer_t<A, E>>();
    return newer > 1 && stored_name<A, E>() == stored_name<A, newer_t<A, E>>() ? newer - 1 : 1;
  } else {
    return 1;
  }
}

// -- from an earlier event to those of today ----------------------------------------------------

template <class Newer, class Older>
decltype(auto) call_member_upcast(const Older& old, const metadata& m) {
  if constexpr (upcast_takes_metadata<Newer>)
    return Newer::upcast(old, m);
  else
    return Newer::upcast(old);
}
/// Calls the upcast of an earlier event.
template <class A, class Older> decltype(auto) call_upcast(const Older& old, const metadata& m) {
  using newer = newer_t<A, Older>;
  if constexpr (std::is_void_v<newer>) {
    if constexpr (upcast_beside_with_metadata<Older>)
      return upcast(old, m);
    else
      return upcast(old);
  } else {
    return call_member_upcast<newer>(old, m);
  }
}
template <class A, class Older> constexpr bool has_a_way() {
  return !std::is_void_v<newer_t<A, Older>> || upcast_beside<Older> ||
         upcast_beside_with_metadata<Older>;
}
template <class A, class Older> constexpr bool wants_metadata() {
  if constexpr (std::is_void_v<newer_t<A, Older>>)
    return upcast_beside_with_metadata<Older>;
  else
    return upcast_takes_metadata<newer_t<A, Older>>;
}

/// Upcasts in a row; beyond that they lead back to where they began.
inline constexpr int upcasts_max = 64;

template <class A, class Older>
using upcast_result = std::remove_cvref_t<decltype(call_upcast<A>(
    std::declval<const Older&>(), std::declval<const metadata&>()))>;

/// What a returned value holds.
template <class T> struct parts_of { using type = one_of<>; };
template <class T> struct parts_of<std::optional<T>> { using type = one_of<T>; };
template <class T>
requires(codec_detail::is_sequence<T>) struct parts_of<T> {
  using type = one_of<typename T::value_type>;
};
template <class T, std::size_t N> struct parts_of<std::array<T, N>> { using type = one_of<T>; };
template <class A, class B> struct parts_of<std::pair<A, B>> { using type = one_of<A, B>; };
template <class... Ts> struct parts_of<std::tuple<Ts...>> { using type = one_of<Ts...>; };
template <class... Ts> struct parts_of<std::variant<Ts...>> { using type = one_of<Ts...>; };

/// A value that stands for those it holds, of which there may be none.
template <class T>
inline constexpr bool stands_for_parts =
    codec_detail::is_optional<T> || codec_detail::is_sequence<T> || codec_detail::is_array<T> ||
    codec_detail::is_tuple<T> || codec_detail::is_variant<T> || std::same_as<T, std::monostate>;

template <class A, class Older>
concept has_whole_upcast = std::default_initializable<Older> && has_a_way<A, Older>();

/// Whether upcasts lead from here to events of today, whatever they return.
template <class A, class T, int Steps = 0> constexpr bool leads_on() {
  if constexpr (contains<T, typename A::events>) {
    return true;
  } else if constexpr (contains<T, typename history<A>::earlier>) {
    if constexpr (Steps < upcasts_max && has_whole_upcast<A, T>)
      return leads_on<A, upcast_result<A, T>, Steps + 1>();
    else
      return false;
  } else if constexpr (stands_for_parts<T>) {
    return []<class... Parts>(one_of<Parts...>) {
      return (leads_on<A, Parts, Steps>() && ...);
    }(typename parts_of<T>::type{});
  } else {
    return false;
  }
}

template <class A> constexpr bool is_whole_history() {
  return []<class... Ts>(one_of<Ts...>) {
    return ((has_upcast<Ts> || !has_member_upcast<Ts>)&&...);
  }(typename history<A>::known{}) &&
         []<class... Ts>(one_of<Ts...>) {
           return (leads_on<A, Ts>() && ...);
         }(typename history<A>::earlier{});
}

template <class Aggregate, class Older> struct earlier_event_must_lead_on {
  static_assert(std::default_initializable<Older>,
                "acta: the Older of earlier_event_must_lead_on<Aggregate, Older> must be "
                "default-constructible: stored ones are read into a fresh one.");
  static_assert(has_a_way<Aggregate, Older>(),
                "acta: nothing says what the Older of earlier_event_must_lead_on<Aggregate, Older> "
                "is today: write `Newer upcast(const Older&)` beside it (in its namespace, before "
                "the aggregate), or list acta::retired<\"its name\"> in place of it.");
};
template <class Aggregate, class Type> struct upcast_must_lead_to_events {
  static_assert(contains<Type, typename history<Aggregate>::known>,
                "acta: an upcast returns the Type of upcast_must_lead_to_events<Aggregate, Type>, "
                "which is neither an event of the Aggregate nor an earlier one that it knows.");
};
template <class Aggregate, class Older> struct upcasts_must_not_go_in_a_circle {
  static_assert(leads_on<Aggregate, Older>(),
                "acta: the upcasts lead from the Older of upcasts_must_not_go_in_a_circle<"
                "Aggregate, Older> back to itself, and never to an event of today.");
};

template <class A, class T> constexpr bool is_known_result() {
  if constexpr (stands_for_parts<T> && !contains<T, typename history<A>::known>)
    return []<class... Parts>(one_of<Parts...>) {
      return (is_known_result<A, Parts>() && ...);
    }(typename parts_of<T>::type{});
  else
    return contains<T, typename history<A>::known>;
}
/// The first type in what is returned that no event is.
template <class A, class T> void tell_wrong_result() {
  if constexpr (is_known_result<A, T>()) {
  } else if constexpr (stands_for_parts<T>) {
    []<class... Parts>(one_of<Parts...>) {
      (tell_wrong_result<A, Parts>(), ...);
    }(typename parts_of<T>::type{});
  } else {
    (void)sizeof(upcast_must_lead_to_events<A, T>);
  }
}
template <class A, class Older> constexpr bool is_right_step() {
  if constexpr (has_whole_upcast<A, Older>)
    return is_known_result<A, upcast_result<A, Older>>();
  else
    return false;
}
template <class A, class Older> void tell_wrong_step() {
  if constexpr (!has_whole_upcast<A, Older>)
    (void)sizeof(earlier_event_must_lead_on<A, Older>);
  else
    tell_wrong_result<A, upcast_result<A, Older>>();
}
template <class T> void tell_wrong_upcast() {
  if constexpr (!has_upcast<T> && has_member_upcast<T>) (void)sizeof(upcast_must_be_one<T>);
}
/// As tell_missing_of_aggregate.
template <class A> void tell_missing_of_history() {
  []<class... Ts>(one_of<Ts...>) { (tell_wrong_upcast<Ts>(), ...); }(typename history<A>::known{});
  []<class... Ts>(one_of<Ts...>) {
    (tell_wrong_step<A, Ts>(), ...);
    if constexpr ((is_right_step<A, Ts>() && ...))
      ((void)sizeof(upcasts_must_not_go_in_a_circle<A, Ts>), ...);
  }(typename history<A>::earlier{});
}

// Below: pre: is_whole_history<A>().

/// Calls f(const E&) with each event of today that `value` is or holds.
template <class A, class T, class F>
void for_each_present(const T& value, const metadata& m, F&& f) {
  using namespace codec_detail;
  if constexpr (contains<T, typename A::events>) {
    f(value);
  } else if constexpr (contains<T, typename history<A>::earlier>) {
    for_each_present<A>(call_upcast<A>(value, m), m, f);
  } else if constexpr (is_optional<T>) {
    if (value) for_each_present<A>(*value, m, f);
  } else if constexpr (is_sequence<T> || is_array<T>) {
    for (const auto& one : value) for_each_present<A>(one, m, f);
  } else if constexpr (is_tuple<T>) {
    std::apply([&](const auto&... one) { (for_each_present<A>(one, m, f), ...); }, value);
  } else if constexpr (is_variant<T>) {
    std::visit([&](const auto& one) { for_each_present<A>(one, m, f); }, value);
  }
}

/// Notes what an earlier event may be today, and whether a step on its way wants metadata.
template <class A, class T> void note_present(earlier_event_type& of) {
  if constexpr (contains<T, typename A::events>) {
    of.may_be[index_in<T>(typename A::events{})] = true;
  } else if constexpr (contains<T, typename history<A>::earlier>) {
    of.wants_metadata = of.wants_metadata || wants_metadata<A, T>();
    note_present<A, upcast_result<A, T>>(of);
  } else {
    [&]<class... Parts>(one_of<Parts...>) {
      (note_present<A, Parts>(of), ...);
    }(typename parts_of<T>::type{});
  }
}

template <class E> result<void> encode_erased(const void* event, byte_buffer& out) {
  return encode_binary(*static_cast<const E*>(event), out);
}

template <class A, class E>
result<void> upcast_event(bytes_view payload, const metadata& m, present_visitor& out) {
  E old{};
  if (auto decoded = decode_binary(payload, old); !decoded) return decoded;
  result<void> done;
  try {
    for_each_present<A>(old, m, [&]<class P>(const P& event) {
      if (done) done = out.take({index_in<P>(typename A::events{}), &event, encode_erased<P>});
    });
  } catch (...) { return error(domain_errc::upcast_threw, describe_exception()); }
  return done;
}

} // namespace detail

} // namespace acta
