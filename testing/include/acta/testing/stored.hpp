// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events as an earlier release of the program stored them, and what they are today: for tests that
/// start from the past of a real store.
///
///   acta::given_stored<account>({{"deposited", 1, R"({"cents":100})"},
///                                {"deposited", 2, R"({"cents":5,"currency":"CHF"})"}})
///       .when(pay_in{1}).then(paid_in{1, "USD"});
///
/// Each is decoded as the version that it is of, goes through its upcasts, and is evolved as what
/// it is today. Besides, every test proves:
///
/// - the older value is the same after the way through the binary and the JSON codec;
/// - its upcasts throw nothing, and lead to the same events again.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/aggregate.hpp>
#include <acta/domain/kept.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/domain/upcast.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

/// Bytes from digits: `hex("6400000000000000")`; spaces are passed over. Throws `failure` if it is
/// something else.
[[nodiscard]] byte_buffer hex(std::string_view digits);
/// `6400000000000000`.
[[nodiscard]] std::string to_hex(bytes_view bytes);

/// One event as a release stored it. A value.
class stored_event {
public:
  /// @param name  `deposited`, or with its aggregate: `account.deposited`
  stored_event(std::string name, unsigned schema, std::string_view json)
      : name_(std::move(name)), schema_(schema), payload_(json) {}
  /// As the journal has it.
  stored_event(std::string name, unsigned schema, bytes_view payload)
      : name_(std::move(name)), schema_(schema), is_json_(false), payload_(as_text(payload)) {}

  /// What an upcast sees that takes acta::metadata. Each gives a changed copy.
  [[nodiscard]] stored_event by(std::string caller) const;
  [[nodiscard]] stored_event at(time_point recorded_at) const;
  [[nodiscard]] stored_event in(std::string stream) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] unsigned schema() const noexcept { return schema_; }
  [[nodiscard]] bool is_json() const noexcept { return is_json_; }
  [[nodiscard]] const std::string& json() const noexcept { return payload_; }
  [[nodiscard]] bytes_view bytes() const noexcept { return as_bytes_view(payload_); }
  /// `deposited 1 {"cents":100}`.
  [[nodiscard]] std::string show() const;
  /// Writes over what it says itself.
  void describe(metadata& m) const;

private:
  std::string name_;
  unsigned schema_;
  bool is_json_ = true;
  std::string payload_;
  std::optional<std::string> caller_;
  std::optional<time_point> recorded_at_;
  std::optional<std::string> stream_;
};

namespace detail {

/// `deposited` and `account.deposited` are both the `deposited` of the aggregate `account`.
[[nodiscard]] bool is_called(std::string_view given, std::string_view aggregate,
                             std::string_view event) noexcept;
[[noreturn]] void fail_unknown(const stored_event& e, const std::vector<std::string>& known,
                               const report& so_far);
[[noreturn]] void fail_unreadable(const stored_event& e, const error& why, const report& so_far);

/// Reads stored events of one aggregate. Nothing in it but names: all its members are static.
template <class A> struct stored_events_of {
  using today = past<typename A::events>;

  /// What it is today, which may be nothing; no value if the aggregate has no such version.
  static std::optional<today> read(const stored_event& e, const metadata& m, const report& so_far) {
    std::optional<today> found;
    const auto try_as = [&]<class T>(const one_of<T>&) {
      if (!found && e.schema() == acta::detail::stored_schema<A, T>() &&
          is_called(e.name(), A::name, acta::detail::stored_name<A, T>()))
        found = read_as<T>(e, m, so_far);
    };
    [&]<class... Ts>(one_of<Ts...>) { (try_as(one_of<Ts>{}), ...); }(known{});
    const auto is_retired = [&]<class... Rs>(one_of<Rs...>) {
      return (is_called(e.name(), A::name, Rs::name) || ...);
    };
    if (!found && is_retired(typename acta::detail::history<A>::retired{})) found.emplace();
    return found;
  }

  /// `account.deposited 1`, of all versions.
  static void list(std::vector<std::string>& all) {
    const auto prefix = std::string(A::name) + '.';
    [&]<class... Ts>(one_of<Ts...>) {
      (all.push_back(prefix + std::string(acta::detail::stored_name<A, Ts>()) + ' ' +
                     std::to_string(acta::detail::stored_schema<A, Ts>())),
       ...);
    }(known{});
    [&]<class... Rs>(one_of<Rs...>) {
      (all.push_back(prefix + std::string(Rs::name) + " (retired)"), ...);
    }(typename acta::detail::history<A>::retired{});
  }

  /// The value of an event of type `T` of any release.
  template <class T> static T decode(const stored_event& e, const report& so_far) {
    T event{};
    const auto read = e.is_json() ? from_json(e.json(), event) : decode_binary(e.bytes(), event);
    if (!read) fail_unreadable(e, read.error(), so_far);
    return event;
  }

  /// Through its upcasts.
  template <class T> static today upcast(const T& event, const metadata& m, const report& so_far) {
    today all;
    try {
      acta::detail::for_each_present<A>(event, m, [&](const auto& e) { all.emplace_back(e); });
    } catch (...) {
      report(so_far)
          .line("thrown", acta::detail::describe_exception())
          .fail(promise::upcast_returns,
                "an upcast threw: the event is stored, and its stream could never be read again");
    }
    return all;
  }

private:
  using known = typename acta::detail::history<A>::known;

  template <class T>
  static today read_as(const stored_event& e, const metadata& m, const report& outer) {
    const auto so_far = report(outer).line("stored", e.show());
    const auto event = decode<T>(e, so_far);
    (void)through_json(event, so_far);
    auto all = upcast(event, m, so_far);
    if (const auto found = difference(all, upcast(through_binary(event, so_far), m, so_far)))
      report(so_far)
          .line("differs", *found)
          .fail(promise::upcast_repeats,
                "an upcast gave another answer to the same event: it is asked each time the event "
                "is read, and may depend on nothing but what it is given");
    return all;
  }
};

/// The events of `List` that stored events of some aggregates are today.
template <class List, class... As> class stored_past {
public:
  struct record {
    past<List> today;
    acta::metadata metadata;
  };

  /// @param first  the metadata of all, as far as they do not say it themselves
  stored_past(const std::vector<stored_event>& stored, const metadata& first, report so_far)
      : so_far_(std::move(so_far)) {
    for (const auto& e : stored) {
      records_.push_back({{}, first});
      auto& r = records_.back();
      e.describe(r.metadata);
      if (!(take<As>(e, r) || ...)) fail_unknown(e, known(), so_far_);
    }
  }

  [[nodiscard]] const std::vector<record>& records() const noexcept { return records_; }
  [[nodiscard]] past<List> events() const {
    past<List> all;
    for (const auto& r : records_) all.insert(all.end(), r.today.begin(), r.today.end());
    return all;
  }
  [[nodiscard]] static std::vector<std::string> known() {
    std::vector<std::string> all;
    (stored_events_of<As>::list(all), ...);
    return all;
  }

private:
  template <class A> bool take(const stored_event& e, record& into) {
    const auto read = stored_events_of<A>::read(e, into.metadata, so_far_);
    if (!read) return false;
    for (const auto& event : *read)
      std::visit(
          [&]<class E>(const E& typed) {
            if constexpr (acta::detail::contains<E, List>) into.today.emplace_back(typed);
          },
          event);
    return true;
  }

  report so_far_;
  std::vector<record> records_;
};

/// What the reports of a scenario show of the events that it was given as stored.
[[nodiscard]] std::vector<std::string> show_stored(const std::vector<stored_event>& stored);

/// Stored inputs of a process: its own by their names, events of aggregates as they are today.
template <class P, class... As>
past<typename P::inputs> stored_inputs(const std::vector<stored_event>& stored,
                                       const metadata& first, const report& so_far) {
  using inputs = typename P::inputs;
  past<inputs> all;
  const auto take_event = [&]<class A>(const one_of<A>&, const stored_event& e) {
    metadata m = first;
    e.describe(m);
    const auto read = stored_events_of<A>::read(e, m, so_far);
    if (!read) return false;
    for (const auto& event : *read)
      std::visit(
          [&]<class E>(const E& typed) {
            if constexpr (acta::detail::contains<E, inputs>) all.emplace_back(typed);
          },
          event);
    return true;
  };
  const auto take_input = [&]<class I>(const one_of<I>&, const stored_event& e) {
    if (!e.is_json() || e.name() != type_name<I>()) return false;
    auto read = from_kept<I>(static_cast<std::uint16_t>(e.schema()), e.json());
    if (!read) fail_unreadable(e, read.error(), so_far);
    all.emplace_back(*std::move(read));
    return true;
  };
  const auto known = [&] {
    auto names = stored_past<inputs, As...>::known();
    [&]<class... Is>(one_of<Is...>) {
      (names.push_back(std::string(type_name<Is>()) + ' ' +
                       std::to_string(acta::detail::schema_version<Is>())),
       ...);
    }(inputs{});
    return names;
  };
  for (const auto& e : stored) {
    const auto is_input = [&]<class... Is>(one_of<Is...>) {
      return (take_input(one_of<Is>{}, e) || ...);
    };
    if (!(take_event(one_of<As>{}, e) || ...) && !is_input(inputs{}))
      fail_unknown(e, known(), so_far);
  }
  return all;
}

} // namespace detail

/// What the aggregate's stored events are today, in their order; for tests that go on with them by
/// other means. Throws `failure` as acta::given_stored.
template <class A>
[[nodiscard]] detail::past<typename A::events>
read_stored(const std::vector<stored_event>& stored) {
  return detail::stored_past<typename A::events, A>(
             stored, {.stream = std::string(A::name) + "/1", .recorded_at = default_time},
             report().line("aggregate", A::name))
      .events();
}

} // namespace acta::testing

namespace acta {

/// Starts a test of `T` from what earlier releases have stored: events of any released version, as
/// JSON or as bytes, and mixed. Retired events are passed by.
///
///   acta::given_stored<account>({{"deposited", 1, R"({"cents":100})"}})       // an aggregate
///       .when(withdraw{80}).then(withdrawn{80});
///   acta::given_stored<balance, account>({{"account.deposited", 1, hex("6400000000000000")}})   //
///   a view
///       .then({.cents = 100});
///   acta::given_stored<transfer, account>({{"request_transfer", 1, R"({…})"},       // a process
///                                          {"debited", 1, R"({"cents":30})"}})
///       .when(credited{30}).then(acta::finish());
///
/// @tparam T   an aggregate, a view or a process
/// @tparam As  the aggregates whose events a view or a process is given; those that it does not
///   take are passed by
/// Throws testing::failure if `T` is not given so: an event or a version that is not known is named
/// with those that are.
template <class T, class... As>
testing::scenario<T> given_stored(const std::vector<testing::stored_event>& stored) {
  return testing::scenario<T>::template given_stored<As...>(stored);
}

} // namespace acta
