// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The type-erased face of a view: what projections are compiled against. Templates (view.hpp) only
/// fill these tables in.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/index.hpp>
#include <acta/domain/metadata.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace acta {

class row_session;

/// What a view does with an event that it cannot take (its code throws, a unique index is broken,
/// the event cannot be decoded).
enum class on_error : std::uint8_t {
  stop, ///< after the last attempt the view stands still, serves what it has, and an alert rises
  park, ///< after the last attempt the event's position is kept as a dead letter, and it goes on
};

/// How the runtime keeps a view. All fields have defaults; name only what you change.
struct view_options {
  on_error policy = on_error::stop;
  /// How often an event is tried before the policy decides; at least 1.
  unsigned attempts = 3;
  /// Pause before the second attempt; doubles up to the maximum.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{5000};
  /// Events folded into one transaction at most. Cost of more: memory, and a longer wait for
  /// whoever wants to see the first of them.
  std::size_t batch_events_max = 4096;
  /// A transaction ends after this time even if more events wait.
  std::chrono::milliseconds batch_time_max{5};
};

/// What a view is told of an event besides its data. Valid during the call.
class event_context {
public:
  event_context(const acta::metadata& m, bool replaying) noexcept
      : metadata_(m), replaying_(replaying) {}

  [[nodiscard]] const acta::metadata& metadata() const noexcept { return metadata_; }
  /// The id part of the event's stream: `42` of `cart/42`.
  [[nodiscard]] std::string_view id() const noexcept;
  /// True while the view is being built or rebuilt from the past. Rows must not depend on it.
  [[nodiscard]] bool replaying() const noexcept { return replaying_; }

private:
  const acta::metadata& metadata_;
  bool replaying_;
};

/// A row of any type, owned.
using erased_row = std::unique_ptr<void, void (*)(void*)>;

struct view_event {
  const std::type_info* type = nullptr; ///< resolved to durable names through the model
  std::string name;                     ///< for messages
  std::uint16_t schema = 1;
  /// Decodes the payload and lets the view take it. Errors: `decode_failed`, `evolve_threw`,
  /// `invalid_argument` (a bad row key), `unique_violation`, and the tables'; the session is then
  /// only good for being given up. Never throws.
  result<void> (*apply)(bytes_view payload, const event_context& c, row_session& rows) = nullptr;
  /// The same with an event in memory.
  result<void> (*take)(const void* event, const event_context& c, row_session& rows) = nullptr;
};

struct view_type {
  std::string name;
  /// `static constexpr unsigned schema` of the view: raise it when its code changes what rows mean.
  unsigned schema = 1;
  view_options options;
  std::vector<view_event> events;
  std::vector<index_type> indexes;
  std::string row_shape;
  std::string row_layout; ///< the same in shape_form::first: what reading its bytes needs
  /// Rows written by another program can be read by this one: shape and indexes are the same.
  std::uint64_t layout_fingerprint = 0;
  /// Rows need not be built anew: layout, events and schema are the same.
  std::uint64_t fingerprint = 0;
  const std::type_info* type = nullptr;     ///< of the view
  const std::type_info* row_type = nullptr; ///< of its rows

  erased_row (*create)() = nullptr;
  void (*assign)(void* to, const void* from) = nullptr;
  result<void> (*encode)(const void* row, byte_buffer& out) = nullptr;
  result<void> (*decode)(bytes_view from, void* row) = nullptr;
  result<void> (*append_json)(const void* row, std::string& out) = nullptr;

  /// Null if there is none of that name.
  [[nodiscard]] const index_type* find_index(std::string_view index) const noexcept;
};

/// Errors: `bad_model`, naming the first mistake in names, indexes or options. What a view needs of
/// others, model::check() finds.
result<void> check_view_type(const view_type& type);

} // namespace acta
