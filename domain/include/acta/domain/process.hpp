// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// From a plain struct with `react` and `evolve` to the engine's tables.
///
/// A process is stored as an aggregate whose commands are its inputs and whose one event is the
/// step: the input, and what is to be done because of it. So an instance is an actor like any
/// other, with snapshots, versions and a readable history; what a step says is done afterwards,
/// until it is answered (docs/processes.md).
///
/// Inputs are events of aggregates, rejections of commands it sent, inputs of its own (asked for by
/// a host, sent by another process, or by a timer). Whatever a process's commands cause comes back
/// to the instance that sent them; other events reach the instance that
/// `static std::optional<std::string> key(const E&, const acta::metadata&)` names, if there is one.
///
/// Inputs change as events do, by `schema` and `upcast` (kept.hpp). An input that nothing sends any
/// more, an event that an aggregate has retired for instance, stays in `inputs`, for steps hold it,
/// and timers and deliveries may wait under it. If no state needs it any more, its name is enough:
///
///   using earlier = acta::one_of<acta::retired<"moved">>;
///
/// Steps with it then count, for their commands, timers and end, but nothing evolves; a timer or a
/// delivery that still waits under it is set aside.
#pragma once

#include <acta/domain/aggregate.hpp>
#include <acta/domain/reaction.hpp>

#include <array>
#include <map>
#include <memory>
#include <span>
#include <typeinfo>
#include <vector>

namespace acta {

/// One input taken, as stored: the event `<process>.stepped`. On disk: a change of shape needs a
/// new schema.
struct process_step {
  static constexpr std::string_view name = "stepped";

  struct timer {
    std::string name;
    std::string input;
    std::string json;
    time_point due{};
    template <class A> void serialize(A& ar) {
      ar(CEREAL_NVP(name), CEREAL_NVP(input), CEREAL_NVP(json), CEREAL_NVP(due));
    }
  };

  std::string input; ///< name
  std::string json;  ///< its fields
  std::string fired; ///< name of the timer that brought it, if one did
  std::vector<command_to_send> commands;
  std::vector<timer> timers;          ///< one of a name; to be set after `cancelled` are gone
  std::vector<std::string> cancelled; ///< names of timers
  bool finished = false;              ///< then there are no timers

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(input), CEREAL_NVP(json), CEREAL_NVP(fired), CEREAL_NVP(commands),
       CEREAL_NVP(timers), CEREAL_NVP(cancelled), CEREAL_NVP(finished));
  }
};

/// Attributes by which the runtime marks what it delivers for processes.
inline constexpr std::string_view process_attribute = "acta.process"; ///< `transfer/7`: who sent it
inline constexpr std::string_view timer_attribute = "acta.timer"; ///< `expired@3`: name, version
/// When the timer that brought an input was due (RFC 3339): how late it is, context::now() tells.
/// The commands of that step say it too.
inline constexpr std::string_view due_attribute = "acta.due";

/// An input of a process, as the runtime routes it.
struct process_input {
  std::string name;
  std::string kept_as; ///< kept_name
  std::uint16_t schema = 1;
  const std::type_info* type = nullptr;
  /// Of the command whose rejection this is; null for other inputs.
  const std::type_info* rejected = nullptr;
  bool any_rejection = false; ///< takes those that no other input does
  bool internal = false;      ///< comes from timers and other processes, never from a caller
  /// The instance for an event that no command of a process caused; null if the process has no key
  /// for it. Errors: `decode_failed`, `evolve_threw`, `invalid_argument` (no stream can have this
  /// id).
  result<std::optional<std::string>> (*key)(bytes_view payload, const metadata& m) = nullptr;
  /// The input that a stored event is. Errors: `decode_failed`.
  result<erased_command> (*from_event)(bytes_view payload) = nullptr;
};

struct process_type {
  std::string name;
  std::shared_ptr<const aggregate_type> stored_as;
  std::vector<process_input> inputs; ///< in the order of stored_as->commands
  std::vector<std::string> retired;  ///< names of inputs that it has had
  /// The runtime's own: it alone says anything to it, and the name begins with `acta.`, which no
  /// other may have.
  bool built_in = false;
};

namespace detail {

template <class> inline constexpr bool is_rejected = false;
template <class C> inline constexpr bool is_rejected<rejected<C>> = true;
/// The no to whatever command: for a process of the runtime's own, which sends what it is told to.
struct refused_command {
  static constexpr std::string_view name = "refused";
  std::string code;
  std::string message;
  std::string command; ///< name
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(code), CEREAL_NVP(message), CEREAL_NVP(command));
  }
};

/// An input that no caller may give, only a timer or another process: time that is up, for
/// instance. Its type says `static constexpr bool internal = true;`.
template <class I>
concept internal_input = requires {
  requires I::internal;
};

template <class> struct command_of_rejected { using type = void; };
template <class C> struct command_of_rejected<rejected<C>> { using type = C; };

template <class P, class I>
concept reacts_plain = requires(const P& state, const I& input) {
  { state.react(input) } -> std::convertible_to<reaction>;
};
template <class P, class I>
concept reacts_with_context = requires(const P& state, const I& input, const context& c) {
  { state.react(input, c) } -> std::convertible_to<reaction>;
};

/// Something that is called as `evolve` or `key` should be, but is not it: it must not be passed
/// over in silence.
template <class P, class I>
concept evolves_otherwise = !evolves<P, I> && requires(P & state, I& input) {
  state.evolve(input);
};
template <class P, class I>
concept has_process_key = requires(const I& input, const metadata& m) {
  { P::key(input, m) } -> std::convertible_to<std::optional<std::string>>;
};
template <class P, class I>
concept has_other_process_key =
    !has_process_key<P, I> &&
    (
        requires(const I& input, const metadata& m, P& p) { p.key(input, m); } ||
        requires(const I& input, P& p) { p.key(input); });

template <class P>
concept is_process = requires {
  requires is_one_of<typename P::inputs>;
};

template <class Process, class Input>
concept can_react = (reacts_plain<Process, Input> ||
                     reacts_with_context<Process, Input>)&&std::default_initializable<Input> &&
                    !evolves_otherwise<Process, Input> && !has_other_process_key<Process, Input>;
template <class Process, class Input> struct process_must_react {
  static_assert(reacts_plain<Process, Input> || reacts_with_context<Process, Input>,
                "acta: the process has no `acta::reaction react(const Input&) const` (or "
                "`react(const Input&, const acta::context&) const`) for this Input; both types are "
                "named in process_must_react<Process, Input>. A react that is not const does not "
                "count.");
  static_assert(std::default_initializable<Input>,
                "acta: the Input of process_must_react<Process, Input> must be "
                "default-constructible: stored ones are read into a fresh one.");
  static_assert(!evolves_otherwise<Process, Input>,
                "acta: the process's evolve for the Input of process_must_react<Process, Input> "
                "must take `const Input&`, or it would never be called.");
  static_assert(!has_other_process_key<Process, Input>,
                "acta: the process's key for the Input of process_must_react<Process, Input> must "
                "be `static std::optional<std::string> key(const Input&, const acta::metadata&)`, "
                "or it would never be called.");
  static constexpr bool ok = true;
};
template <class Process>
concept well_formed_process =
    has_own_name<Process> && is_process<Process> && std::default_initializable<Process>;
template <class Process> struct process_must_be_well_formed {
  static_assert(has_own_name<Process>,
                "acta: a process needs `static constexpr std::string_view name`: it is stored, and "
                "must not follow a renaming of the C++ type.");
  static_assert(is_process<Process>, "acta: a process needs `using inputs = acta::one_of<...>`.");
  static_assert(std::default_initializable<Process>,
                "acta: a process must be default-constructible: that is its state before the first "
                "input.");
  static constexpr bool ok = true;
};

template <class P, class T> struct earlier_of_process_must_be_retired {
  static_assert(
      is_retired<T>,
      "acta: the `earlier` of a process holds acta::retired<\"name\"> only, the Type of "
      "earlier_of_process_must_be_retired<Process, Type> is not one. An input that is "
      "still read stays in `inputs`; an older version of one is what its `upcast` takes.");
};
/// An event's upcast may lead to none or several: then it reads no input, which the store's
/// contract tells if there are any.
template <class I>
inline constexpr bool upcasts_as_an_event = has_upcast<I> && !upcasts_to_itself<I>;
template <class I> constexpr bool has_right_input_upcasts() {
  return upcasts_as_an_event<I> || has_right_upcasts<I, schema_version<I>()>();
}
template <class I> void tell_wrong_input_upcast() {
  if constexpr (!has_right_input_upcasts<I>()) tell_wrong_kept_upcast<I>();
}
template <class P> constexpr bool has_retired_only() {
  return []<class... Ts>(one_of<Ts...>) {
    return (is_retired<Ts> && ...);
  }(typename listed_earlier<P>::type{});
}

/// As is_whole_aggregate.
template <class P> constexpr bool is_whole_process() {
  if constexpr (well_formed_process<P>)
    return []<class... Ts>(one_of<Ts...>) {
      return ((can_react<P, Ts> && has_right_input_upcasts<Ts>()) && ...);
    }(typename P::inputs{}) &&
           has_retired_only<P>();
  return false;
}
template <class P> void tell_missing_of_process() {
  (void)sizeof(process_must_be_well_formed<P>);
  if constexpr (well_formed_process<P>) {
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(process_must_react<P, Ts>), ...);
      if constexpr ((can_react<P, Ts> && ...)) (tell_wrong_input_upcast<Ts>(), ...);
    }(typename P::inputs{});
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(earlier_of_process_must_be_retired<P, Ts>), ...);
    }(typename listed_earlier<P>::type{});
  }
}

/// What a process is between two inputs.
template <class P> struct process_state {
  /// Those of the process: a new schema of it makes its snapshots obsolete.
  static constexpr std::string_view name = P::name;
  static constexpr unsigned schema = schema_version<P>();

  P process;
  /// Timers set, with the version of the step that did: only the last one of a name counts.
  std::map<std::string, version_number> timers;
  version_number version = 0;
  bool finished = false;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(process), CEREAL_NVP(timers), CEREAL_NVP(version), CEREAL_NVP(finished));
  }
};

template <class P, class I> reaction react(const P& process, const I& input, const context& c) {
  if constexpr (reacts_with_context<P, I>)
    return process.react(input, c);
  else
    return process.react(input);
}
template <class P, class I> void evolve_process(P& process, const I& input) {
  if constexpr (evolves<P, I>) process.evolve(input);
}
/// A process of the runtime's own may look at what its reaction came to.
template <class P, class I>
void evolve_process(P& process, const I& input, const process_step& step) {
  if constexpr (requires { process.evolve(input, step); })
    process.evolve(input, step);
  else
    evolve_process(process, input);
}

/// `expired@3` -> {"expired", 3}. Nothing if it is not of that form.
std::optional<std::pair<std::string, version_number>> parse_timer(std::string_view text);
/// Fills in what is to be done, in the order of the reaction: of several timers of one name the
/// last counts, and none that is cancelled later or has the end beside it.
///
/// @param inputs  names of those that the process takes
///
/// Errors: `invalid_argument`: what could never be done, or not be read again: too many actions, a
/// stream id or a timer's name that is none (1..256 and 1..128 bytes of UTF-8), a timer with
/// another process's input or beyond the years 0..9999.
result<void> write_actions(const reaction& r, time_point now,
                           std::span<const std::string_view> inputs, process_step& step);
template <class... Is> std::span<const std::string_view> input_names(one_of<Is...>) {
  static const std::array<std::string_view, sizeof...(Is)> names{kept_name_of<Is>()...};
  return names;
}

template <class P> bool is_retired_input(std::string_view name) {
  return [&]<class... Ts>(one_of<Ts...>) {
    return ((name == Ts::name) || ...);
  }(typename listed_earlier<P>::type{});
}

/// All but the input's own evolve.
template <class P> void take_step(process_state<P>& state, const process_step& step) {
  ++state.version;
  if (!step.fired.empty()) state.timers.erase(step.fired);
  for (const auto& name : step.cancelled) state.timers.erase(name);
  for (const auto& t : step.timers) state.timers[t.name] = state.version;
  if (!step.finished) return;
  state.finished = true;
  state.timers.clear();
}

/// Whether an input is to be passed over: the process is done, or the timer that brought it is not
/// the one that is set. `fired` gets the timer's name.
template <class P>
bool is_too_late(const process_state<P>& state, const context& c, std::string& fired) {
  if (state.finished) return true;
  const auto mark = c.attributes().find(std::string(timer_attribute));
  if (mark == c.attributes().end()) return false;
  const auto timer = parse_timer(mark->second);
  if (!timer) return true;
  const auto set = state.timers.find(timer->first);
  fired = timer->first;
  return set == state.timers.end() || set->second != timer->second;
}

/// Whether the runtime brings this input of its own accord (an event, a rejection, a timer), so
/// that nobody is there to be told that it comes too late. Its command ids say so, which callers
/// may not use.
bool is_brought(const uuid& command_id) noexcept;

template <class P, class I>
execution execute_input(void* state, const void* command, const context& c, event_writer& out) {
  auto& self = *static_cast<process_state<P>*>(state);
  const auto& input = *static_cast<const I*>(command);
  execution done{.how = execution::ending::decide_failed, .no = {}, .what = {}};
  process_step step;
  const auto start = out.buffer().size();
  try {
    if (self.finished && !is_brought(c.command_id())) {
      done.how = execution::ending::rejected;
      done.no = {"process_finished", std::string(P::name) + '/' + std::string(c.id()) +
                                         " has finished and takes no more inputs"};
      return done;
    }
    if (is_too_late(self, c, step.fired)) return {};
    const auto r = react<P, I>(self.process, input, c);
    step.input = kept_name_of<I>();
    step.json = fields_of(input);
    if (auto written = write_actions(r, c.now(), input_names(typename P::inputs{}), step);
        !written) {
      done.what = written.error().to_string();
      return done;
    }
    out.begin(0, static_cast<std::uint16_t>(schema_version<process_step>()));
    if (auto encoded = encode_binary(step, out.buffer()); encoded) {
      out.end();
      done.how = execution::ending::evolve_failed;
      take_step(self, step);
      evolve_process(self.process, input, step);
      done.how = execution::ending::decided;
      return done;
    } else {
      done.what = encoded.error().to_string();
    }
  } catch (...) { done.what = describe_exception(); }
  out.buffer().truncate(start);
  return done;
}

template <class P> result<void> apply_step(void* state, bytes_view payload) {
  process_step step;
  if (auto decoded = decode_binary(payload, step); !decoded) return decoded;
  auto& self = *static_cast<process_state<P>*>(state);
  take_step(self, step);
  const auto kept = kept_name::parse(step.input);
  if (is_retired_input<P>(kept.name)) return {};
  result<void> applied =
      error(domain_errc::unknown_event, "this program's process '" + std::string(P::name) +
                                            "' has no input '" + std::string(kept.name) + "'");
  const auto try_as = [&]<class I>(const one_of<I>&) {
    if (kept.name != type_name<I>()) return;
    try {
      const auto input = from_kept<I>(kept.schema, step.json);
      applied = {};
      if (input)
        evolve_process(self.process, *input, step);
      else if (const auto& why = input.error(); why.code() == condition::invalid)
        // of stored text, that is damage
        applied = error(codec_errc::decode_failed, step.input + ": " + std::string(why.detail()),
                        std::string(why.where()));
      else
        applied = why;
    } catch (...) { applied = error(domain_errc::evolve_threw, describe_exception()); }
  };
  [&]<class... Is>(one_of<Is...>) { (try_as(one_of<Is>{}), ...); }(typename P::inputs{});
  return applied;
}

template <class P, class I>
result<std::optional<std::string>> key_of_input(bytes_view payload, const metadata& m) {
  try {
    I input{};
    if (auto decoded = decode_binary(payload, input); !decoded) return std::move(decoded).error();
    std::optional<std::string> key = P::key(static_cast<const I&>(input), m);
    if (key)
      if (auto ok = check_stream_id(*key); !ok)
        return error(errc::invalid_argument, "process '" + std::string(P::name) + "': key of " +
                                                 std::string(type_name<I>()) + ": " +
                                                 std::string(ok.error().detail()));
    return key;
  } catch (...) { return error(domain_errc::evolve_threw, describe_exception()); }
}

template <class I> result<erased_command> input_from_event(bytes_view payload) {
  I input{};
  if (auto decoded = decode_binary(payload, input); !decoded) return std::move(decoded).error();
  return own(std::move(input));
}

template <class P, class I> process_input make_process_input() {
  process_input t;
  t.name = type_name<I>();
  t.kept_as = kept_name_of<I>();
  t.schema = static_cast<std::uint16_t>(schema_version<I>());
  t.type = &typeid(I);
  t.any_rejection = std::same_as<I, refused_command>;
  t.internal = internal_input<I>;
  t.from_event = input_from_event<I>;
  if constexpr (is_rejected<I>)
    t.rejected = &typeid(typename command_of_rejected<I>::type);
  else if constexpr (has_process_key<P, I>)
    t.key = key_of_input<P, I>;
  return t;
}

template <class P, class I> command_type make_input_command() {
  return {.name = std::string(type_name<I>()),
          .schema = static_cast<std::uint16_t>(schema_version<I>()),
          .shape = shape_of<I>(),
          .first_shape = shape_of<I>(shape_form::first),
          .earlier = earlier_versions_of<I>(),
          .type = &typeid(I),
          .from_json = command_from_json<I>,
          .from_kept = command_from_kept<I>,
          .append_canonical = append_canonical<I>,
          .execute = execute_input<P, I>};
}

} // namespace detail

/// Builds the tables of `P`. Compile errors name the missing overload: process_must_react<P, I>.
template <class P> process_type make_process_type(const aggregate_options& options, P fresh) {
  process_type made;
  if constexpr (detail::is_whole_process<P>()) {
    using state = detail::process_state<P>;
    auto t = std::make_shared<aggregate_type>();
    t->name = P::name;
    t->options = options;
    t->events.push_back(
        {.name = t->name + '.' + std::string(type_name<process_step>()),
         .schema = static_cast<std::uint16_t>(detail::schema_version<process_step>()),
         .shape = shape_of<process_step>(),
         .first_shape = shape_of<process_step>(shape_form::first),
         .type = &typeid(process_step),
         .apply = detail::apply_step<P>,
         .decode = detail::decode_shared<process_step>,
         .append_json = detail::payload_to_json<process_step>});
    state first;
    first.process = std::move(fresh);
    detail::fill_state_table<state>(*t, std::move(first));
    t->type = &typeid(P);
    t->move_state = [](void* from, void* into) {
      *static_cast<P*>(into) = std::move(static_cast<state*>(from)->process);
    };
    made.name = P::name;
    [&]<class... Is>(one_of<Is...>) {
      (t->commands.push_back(detail::make_input_command<P, Is>()), ...);
      (made.inputs.push_back(detail::make_process_input<P, Is>()), ...);
    }(typename P::inputs{});
    [&]<class... Rs>(one_of<Rs...>) {
      (made.retired.emplace_back(Rs::name), ...);
    }(typename detail::listed_earlier<P>::type{});
    detail::count_in_inputs(*t, made.retired);
    made.stored_as = std::move(t);
  } else {
    detail::tell_missing_of_process<P>();
  }
  return made;
}

template <class P> process_type make_process_type(const aggregate_options& options = {}) {
  if constexpr (std::default_initializable<P>) {
    return make_process_type<P>(options, P{});
  } else {
    detail::tell_missing_of_process<P>();
    return {};
  }
}

} // namespace acta
