// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events as a store would hand them to a view: with streams, versions, positions and whatever else
/// a test says of them.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/codec/binary.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>
#include <acta/testing/stored.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

namespace detail {

/// One event. Shared by copies; never changed.
struct recorded_event {
  const std::type_info* type;
  byte_buffer payload;
  acta::metadata metadata;
  std::string shown;
};
using recorded = std::shared_ptr<const recorded_event>;

/// Throws `failure` unless there can be a stream of this name.
void check_stream(const std::string& stream);
/// Streams are left out if there is only the default one.
[[nodiscard]] std::vector<std::string> show_past(const std::vector<recorded>& past);

template <class All, class... Lists> struct joined { using type = All; };
template <class... All, class First, class... Rest, class... Lists>
struct joined<one_of<All...>, one_of<First, Rest...>, Lists...>
    : std::conditional_t<acta::detail::contains<First, one_of<All...>>,
                         joined<one_of<All...>, one_of<Rest...>, Lists...>,
                         joined<one_of<All..., First>, one_of<Rest...>, Lists...>> {};
template <class... All, class... Lists>
struct joined<one_of<All...>, one_of<>, Lists...> : joined<one_of<All...>, Lists...> {};

/// The types of all lists, each once.
template <class... Lists> using all_of = typename joined<one_of<>, Lists...>::type;

} // namespace detail

/// The base of scenarios of events. The members say what is known of those that happen next; each
/// gives a changed copy.
template <class Scenario> class about_events {
public:
  /// The stream: `cart/42`. The first is `stream/1`.
  [[nodiscard]] Scenario in(std::string stream) const {
    detail::check_stream(stream);
    return with([&](auto& m) { m.stream = std::move(stream); });
  }
  /// metadata::recorded_at.
  [[nodiscard]] Scenario at(time_point recorded_at) const {
    return with([&](auto& m) { m.recorded_at = recorded_at; });
  }
  /// metadata::caller.
  [[nodiscard]] Scenario by(std::string caller) const {
    return with([&](auto& m) { m.caller = std::move(caller); });
  }
  [[nodiscard]] Scenario with_attributes(acta::attributes attributes) const {
    return with([&](auto& m) { m.attributes = std::move(attributes); });
  }
  [[nodiscard]] Scenario with_command(uuid command_id, uuid correlation_id = {}) const {
    return with([&](auto& m) { m.command_id = command_id, m.correlation_id = correlation_id; });
  }

protected:
  /// All but version and position.
  acta::metadata next_{.stream = std::string(default_stream), .recorded_at = default_time};

private:
  template <class Change> Scenario with(Change change) const {
    Scenario next(static_cast<const Scenario&>(*this));
    change(next.about_events::next_);
    return next;
  }
};

/// The base of scenarios that fold events of many streams.
///
/// Positions count from 0:1 through all streams, versions from 1 in each.
template <class Scenario, class Events> class recording : public about_events<Scenario> {
public:
  /// @param past  events, or ranges of events; in this order, after those before.
  template <class... Past> [[nodiscard]] Scenario happened(Past&&... past) const {
    Scenario next(static_cast<const Scenario&>(*this));
    for (const auto& event : detail::make_past<Events>(std::forward<Past>(past)...))
      std::visit([&](const auto& typed) { next.add(typed, next.next_record(this->next_)); }, event);
    next.fold();
    return next;
  }
  /// The same of what aggregates `As` have stored in any release: see acta::given_stored. One that
  /// is several events of today has one position and version; one that is none has them, too.
  template <class... As>
  [[nodiscard]] Scenario happened_stored(const std::vector<stored_event>& stored) const {
    Scenario next(static_cast<const Scenario&>(*this));
    const detail::stored_past<Events, As...> read(stored, this->next_, report());
    for (const auto& record : read.records()) {
      const auto m = next.next_record(record.metadata);
      for (const auto& event : record.today)
        std::visit([&](const auto& typed) { next.add(typed, m); }, event);
    }
    next.fold();
    return next;
  }

protected:
  [[nodiscard]] std::vector<std::string> show_past() const { return detail::show_past(past_); }

  std::vector<detail::recorded> past_;
  std::uint64_t positions_ = 0; ///< of all events, those that are passed by included

private:
  acta::metadata next_record(acta::metadata m) {
    m.version = ++versions_[m.stream];
    m.position = {0, ++positions_};
    return m;
  }
  template <class E> void add(const E& event, const acta::metadata& m) {
    const auto so_far = report().line("event", show_named(event));
    (void)through_json(event, so_far);
    (void)through_binary(event, so_far);
    auto made = std::make_shared<detail::recorded_event>();
    made->type = &typeid(E);
    (void)encode_binary(event, made->payload); // it has just been through
    made->metadata = m;
    made->shown = show_named(event);
    past_.push_back(std::move(made));
  }

  std::map<std::string, version_number> versions_; ///< by stream
};

} // namespace acta::testing
