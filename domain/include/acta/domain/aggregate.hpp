// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// From a plain struct with `decide` and `evolve` to the engine's table.
#pragma once

#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/decision.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/kept.hpp>
#include <acta/domain/type_name.hpp>
#include <acta/domain/upcast.hpp>

#include <concepts>

namespace acta {

namespace detail {

template <class A, class C>
concept decides_plain = requires(const A& state, const C& command) {
  { state.decide(command) } -> std::convertible_to<decision<typename A::events>>;
};
template <class A, class C>
concept decides_with_context = requires(const A& state, const C& command, const context& c) {
  { state.decide(command, c) } -> std::convertible_to<decision<typename A::events>>;
};
template <class A, class E>
concept evolves = requires(A& state, const E& event) {
  state.evolve(event);
};

template <class A>
concept lists_events = requires {
  requires is_one_of<typename A::events>;
};
template <class A>
concept lists_commands = requires {
  requires is_one_of<typename A::commands>;
};

/// Each check is a type of its own, so that the compiler's message names the aggregate and the
/// missing type.
template <class Aggregate, class Command>
concept can_decide =
    (decides_plain<Aggregate, Command> ||
     decides_with_context<Aggregate, Command>)&&std::default_initializable<Command>;
template <class Aggregate, class Command> struct aggregate_must_decide {
  static_assert(
      decides_plain<Aggregate, Command> || decides_with_context<Aggregate, Command>,
      "acta: the aggregate has no `decision decide(const Command&) const` (or `decide(const "
      "Command&, "
      "const acta::context&) const`) for this Command; both types are named in "
      "aggregate_must_decide<Aggregate, Command>. A decide that is not const does not count.");
  static_assert(std::default_initializable<Command>,
                "acta: the Command of aggregate_must_decide<Aggregate, Command> must be "
                "default-constructible: JSON is "
                "read into a fresh one.");
  static constexpr bool ok = true;
};
template <class Aggregate, class Event>
concept can_evolve = evolves<Aggregate, Event> && std::default_initializable<Event>;
template <class Aggregate, class Event> struct aggregate_must_evolve {
  static_assert(evolves<Aggregate, Event>, "acta: the aggregate has no `void evolve(const Event&)` "
                                           "for this Event; both types are named in "
                                           "aggregate_must_evolve<Aggregate, Event>.");
  static_assert(std::default_initializable<Event>,
                "acta: the Event of aggregate_must_evolve<Aggregate, Event> must be "
                "default-constructible: stored ones "
                "are read into a fresh one.");
  static constexpr bool ok = true;
};
template <class Aggregate>
concept well_formed_aggregate = has_own_name<Aggregate> && lists_events<Aggregate> &&
    lists_commands<Aggregate> && std::default_initializable<Aggregate>;
template <class Aggregate> struct aggregate_must_be_well_formed {
  static_assert(has_own_name<Aggregate>,
                "acta: an aggregate needs `static constexpr std::string_view name`: it is stored, "
                "and must not follow "
                "a renaming of the C++ type.");
  static_assert(lists_events<Aggregate>,
                "acta: an aggregate needs `using events = acta::one_of<...>`.");
  static_assert(lists_commands<Aggregate>,
                "acta: an aggregate needs `using commands = acta::one_of<...>`.");
  static_assert(std::default_initializable<Aggregate>,
                "acta: an aggregate must be default-constructible: that is its state before the "
                "first event.");
  static constexpr bool ok = true;
};

/// Whether the tables of `A` can be filled.
template <class A> constexpr bool is_whole_aggregate() {
  if constexpr (well_formed_aggregate<A>)
    return is_whole_history<A>() &&
           []<class... Ts>(one_of<Ts...>) {
             return (can_evolve<A, Ts> && ...);
           }(typename A::events{}) &&
           []<class... Ts>(one_of<Ts...>) {
             return ((can_decide<A, Ts> && has_right_upcasts<Ts, schema_version<Ts>()>()) && ...);
           }(typename A::commands{});
  return false;
}
/// Says all that is missing, once each. What would be built on it is then not compiled, so that
/// nothing but the like stands below the first message.
template <class A> void tell_missing_of_aggregate() {
  (void)sizeof(aggregate_must_be_well_formed<A>);
  if constexpr (well_formed_aggregate<A>) {
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(aggregate_must_evolve<A, Ts>), ...);
    }(typename A::events{});
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(aggregate_must_decide<A, Ts>), ...);
      if constexpr ((can_decide<A, Ts> && ...)) (tell_wrong_kept_upcast<Ts>(), ...);
    }(typename A::commands{});
    tell_missing_of_history<A>();
  }
}

template <class A, class C>
decision<typename A::events> decide(const A& state, const C& command, const context& c) {
  if constexpr (decides_with_context<A, C>)
    return state.decide(command, c);
  else
    return state.decide(command);
}

template <class A, class C>
execution execute(void* state, const void* command, const context& c, event_writer& out) {
  auto& self = *static_cast<A*>(state);
  execution done;
  const auto start = out.buffer().size();
  try {
    const auto made = decide<A, C>(self, *static_cast<const C*>(command), c);
    if (const auto* no = made.rejected()) {
      done.how = execution::ending::rejected;
      done.no = *no;
      return done;
    }
    made.for_each([&]<class E>(const E& event) {
      if (done.how != execution::ending::decided) return;
      out.begin(index_in<E>(typename A::events{}), static_cast<std::uint16_t>(schema_version<E>()));
      if (auto encoded = encode_binary(event, out.buffer()); !encoded) {
        done.how = execution::ending::decide_failed;
        done.what = encoded.error().to_string();
        return;
      }
      out.end();
    });
    if (done.how == execution::ending::decided) {
      done.how = execution::ending::evolve_failed;
      made.for_each([&](const auto& event) { self.evolve(event); });
      done.how = execution::ending::decided;
      return done;
    }
  } catch (...) {
    if (done.how == execution::ending::decided) done.how = execution::ending::decide_failed;
    done.what = describe_exception();
  }
  out.buffer().truncate(start);
  return done;
}

template <class A, class E> result<void> evolve(void* state, const void* event) {
  try {
    static_cast<A*>(state)->evolve(*static_cast<const E*>(event));
  } catch (...) { return error(domain_errc::evolve_threw, describe_exception()); }
  return {};
}

template <class A, class E> result<void> apply(void* state, bytes_view payload) {
  E event{};
  if (auto decoded = decode_binary(payload, event); !decoded) return decoded;
  return evolve<A, E>(state, &event);
}

template <class E> result<std::shared_ptr<const void>> decode_shared(bytes_view payload) {
  auto event = std::make_shared<E>();
  if (auto decoded = decode_binary(payload, *event); !decoded) return std::move(decoded).error();
  return std::shared_ptr<const void>(std::move(event));
}

template <class E> result<void> payload_to_json(bytes_view payload, std::string& out) {
  E event{};
  if (auto decoded = decode_binary(payload, event); !decoded) return decoded;
  return append_json(event, out);
}

template <class T> erased_command own(T&& value) {
  using type = std::remove_cvref_t<T>;
  return {new type(std::forward<T>(value)), [](void* p) { delete static_cast<type*>(p); }};
}

template <class C> result<erased_command> command_from_json(std::string_view text) {
  C command{};
  if (auto read = from_json(text, command); !read) return std::move(read).error();
  return own(std::move(command));
}

template <class C>
result<erased_command> command_from_kept(std::uint16_t schema, std::string_view text) {
  auto command = from_kept<C>(schema, text);
  if (!command) return std::move(command).error();
  return own(std::move(*command));
}

template <class C> result<void> append_canonical(const void* command, byte_buffer& out) {
  return encode_canonical(*static_cast<const C*>(command), out);
}

template <class A, class C> command_type make_command_type() {
  return {.name = std::string(type_name<C>()),
          .schema = static_cast<std::uint16_t>(schema_version<C>()),
          .shape = shape_of<C>(),
          .earlier = earlier_versions_of<C>(),
          .type = &typeid(C),
          .from_json = command_from_json<C>,
          .from_kept = command_from_kept<C>,
          .append_canonical = append_canonical<C>,
          .execute = execute<A, C>};
}

template <class A, class E> event_type make_event_type() {
  return {.name = std::string(A::name) + '.' + std::string(type_name<E>()),
          .schema = static_cast<std::uint16_t>(schema_version<E>()),
          .shape = shape_of<E>(),
          .first_shape = shape_of<E>(shape_form::first),
          .type = &typeid(E),
          .apply = apply<A, E>,
          .evolve = evolve<A, E>,
          .decode = decode_shared<E>,
          .append_json = payload_to_json<E>};
}

template <class A, class E> earlier_event_type make_earlier_event() {
  earlier_event_type t;
  t.name = std::string(A::name) + '.' + std::string(stored_name<A, E>());
  t.schema = static_cast<std::uint16_t>(stored_schema<A, E>());
  t.shape = shape_of<E>();
  t.first_shape = shape_of<E>(shape_form::first);
  t.type = &typeid(E);
  t.may_be.resize(A::events::size);
  note_present<A, E>(t);
  t.upcast = upcast_event<A, E>;
  t.append_json = payload_to_json<E>;
  return t;
}
template <class A, class Retired> earlier_event_type make_retired_event() {
  earlier_event_type t;
  t.name = std::string(A::name) + '.' + std::string(Retired::name);
  t.schema = 0;
  t.may_be.resize(A::events::size);
  return t;
}

/// All that the aggregate has had besides its events. Pre: is_whole_history<A>().
template <class A> std::vector<earlier_event_type> make_earlier_events() {
  std::vector<earlier_event_type> all;
  [&]<class... Es>(one_of<Es...>) {
    (all.push_back(make_earlier_event<A, Es>()), ...);
  }(typename history<A>::earlier{});
  [&]<class... Rs>(one_of<Rs...>) {
    (all.push_back(make_retired_event<A, Rs>()), ...);
  }(typename history<A>::retired{});
  return all;
}

/// All about a state but what it is called and how it is handed out. Pre: the name is there.
/// @param fresh  what a stream without events is
template <class S> void fill_state_table(aggregate_type& t, S fresh) {
  t.state_shape = shape_of<S>();
  t.fingerprint =
      fingerprint_of(t.name + '@' + std::to_string(schema_version<S>()) + ':' + t.state_shape);
  t.create = [fresh = std::move(fresh)] { return own(S(fresh)); };
  t.encode_state = [](const void* state, byte_buffer& out) {
    return encode_binary(*static_cast<const S*>(state), out);
  };
  t.decode_state = [](bytes_view from, void* state) {
    return decode_binary(from, *static_cast<S*>(state));
  };
  t.append_state_json = [](const void* state, std::string& out) {
    return append_json(*static_cast<const S*>(state), out);
  };
}

} // namespace detail

/// Builds the table of `A`. Compile errors name the missing overload: aggregate_must_decide<A, C>
/// and its siblings.
template <class A> aggregate_type make_aggregate_type(const aggregate_options& options, A fresh) {
  aggregate_type t;
  t.options = options;
  if constexpr (detail::is_whole_aggregate<A>()) {
    t.name = A::name;
    [&]<class... Es>(one_of<Es...>) {
      (t.events.push_back(detail::make_event_type<A, Es>()), ...);
    }(typename A::events{});
    t.earlier = detail::make_earlier_events<A>();
    [&]<class... Cs>(one_of<Cs...>) {
      (t.commands.push_back(detail::make_command_type<A, Cs>()), ...);
    }(typename A::commands{});
    detail::fill_state_table<A>(t, std::move(fresh));
    detail::count_in_history(t);
    t.type = &typeid(A);
    t.move_state = [](void* from, void* into) {
      *static_cast<A*>(into) = std::move(*static_cast<A*>(from));
    };
  } else {
    detail::tell_missing_of_aggregate<A>();
  }
  return t;
}

template <class A> aggregate_type make_aggregate_type(const aggregate_options& options = {}) {
  if constexpr (std::default_initializable<A>) {
    return make_aggregate_type<A>(options, A{});
  } else {
    detail::tell_missing_of_aggregate<A>();
    return {};
  }
}

} // namespace acta
