// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An event as it was stored, with everything known about it.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/metadata.hpp>

#include <memory>
#include <optional>
#include <string>

namespace acta {

/// A value; decoding happens when asked for.
struct recorded_event {
  std::string type; ///< `account.credited`
  std::uint16_t schema = 1;
  acta::metadata metadata;
  byte_buffer payload;
  /// The type in this program's model; null if it has none of that name and schema.
  std::shared_ptr<const event_type> known_as;
  /// The same for an event that an earlier release wrote: what it is today, for_each_present()
  /// tells.
  std::shared_ptr<const earlier_event_type> known_before;
  /// Of which it is; null if the model has no event of that name.
  std::shared_ptr<const aggregate_type> aggregate;
  /// Of the data, as the store knows it; null if it does not, or the program has a type for it.
  std::shared_ptr<const std::string> shape;

  /// The event as `E`, or nothing if it is of another type or cannot be decoded. Of one that an
  /// earlier release wrote: the first `E` that it is today.
  template <class E> [[nodiscard]] std::optional<E> get() const {
    std::optional<E> found;
    (void)for_each_present([&](const event_type& as, bytes_view bytes) {
      if (found || *as.type != typeid(E)) return;
      if (auto decoded = as.decode(bytes)) found = *static_cast<const E*>(decoded->get());
    });
    return found;
  }
  /// Calls `f(const event_type&, bytes_view payload)` with each event of today that this one is, in
  /// order: itself, or what its upcasts make of it; nothing for a retired one. Errors:
  /// `unknown_event`, `newer_schema`, `decode_failed`, `upcast_threw`.
  template <class F> result<void> for_each_present(F f) const {
    if (known_as) {
      f(*known_as, payload.view());
      return {};
    }
    const auto today = upcast();
    if (!today) return today.error();
    for (const auto& one : today->all()) f(aggregate->events[one.event], one.payload.view());
    return {};
  }
  /// The event's data as JSON, as it is stored; of one that no type of the program describes, as
  /// the store's contract does. Errors: `unknown_event`, `newer_schema`, `decode_failed`.
  [[nodiscard]] result<std::string> to_json() const;
  /// Why this program cannot read it; nothing if it can.
  [[nodiscard]] result<void> check_reader() const;

private:
  [[nodiscard]] result<present_events> upcast() const;
};

} // namespace acta
