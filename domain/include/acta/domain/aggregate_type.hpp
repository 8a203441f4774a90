// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The type-erased face of an aggregate: what the engine is compiled against. Templates
/// (aggregate.hpp) only fill these tables in.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/context.hpp>
#include <acta/domain/event_frame.hpp>
#include <acta/domain/metadata.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace acta {

/// How the runtime keeps aggregates of one type. All fields have defaults; name only what you
/// change.
struct aggregate_options {
  /// Events between snapshots; 0 takes none. Cost: one write of the encoded state each time; bounds
  /// recovery, and reading a state, to this many events.
  std::uint64_t snapshot_every = 1000;
  /// An instance idle this long leaves memory. Cost of a shorter one: more recoveries.
  std::chrono::milliseconds passivate_after = std::chrono::minutes{10};
};

/// How one command ended inside the aggregate.
struct execution {
  enum class ending : std::uint8_t {
    decided,       ///< zero or more events were written and applied
    rejected,      ///< `no` says why; the state is unchanged
    decide_failed, ///< user code or its codec threw; the state is unchanged
    evolve_failed, ///< user code threw in evolve; the state must be thrown away
  };
  ending how = ending::decided;
  rejection no;
  std::string what; ///< text of the exception
};

/// A command of any type, owned.
using erased_command = std::unique_ptr<void, void (*)(void*)>;
/// A state of any type, owned.
using erased_state = std::unique_ptr<void, void (*)(void*)>;

struct event_type {
  std::string name; ///< durable: `account.credited`
  std::uint16_t schema = 1;
  std::string shape;
  std::string first_shape = {}; ///< in shape_form::first
  const std::type_info* type = nullptr;

  /// Decodes a payload and evolves the state with it. Errors: `decode_failed`, `evolve_threw`; the
  /// state must then be thrown away.
  result<void> (*apply)(void* state, bytes_view payload) = nullptr;
  /// Evolves the state with an event in memory. Errors: `evolve_threw`, as apply().
  result<void> (*evolve)(void* state, const void* event) = nullptr;
  result<std::shared_ptr<const void>> (*decode)(bytes_view payload) = nullptr;
  result<void> (*append_json)(bytes_view payload, std::string& out) = nullptr;
};

/// Takes what a stored event is today: none, one or several events of its aggregate, in their
/// order.
class present_visitor {
public:
  struct one {
    std::size_t event; ///< its index in aggregate_type::events
    const void* value; ///< valid during the call
    result<void> (*encode)(const void* value, byte_buffer& out);
  };
  /// Takes the next. After an error there is none. Never throws.
  virtual result<void> take(const one& next) = 0;

protected:
  ~present_visitor() = default;
};

/// Keeps them, encoded as the present release does. A value type.
class present_events final : public present_visitor {
public:
  struct one {
    std::size_t event; ///< its index in aggregate_type::events
    byte_buffer payload;
  };

  /// Errors: `encode_failed`.
  result<void> take(const present_visitor::one& next) override {
    return next.encode(next.value, all_.emplace_back(one{next.event, {}}).payload);
  }
  [[nodiscard]] const std::vector<one>& all() const noexcept { return all_; }

private:
  std::vector<one> all_;
};

/// An event that no present command writes any more: an older version of one, or another that has
/// gone.
struct earlier_event_type {
  std::string name;
  /// 0: each, of a retired event.
  std::uint16_t schema = 1;
  std::string shape;
  std::string first_shape = {};
  const std::type_info* type = nullptr;
  bool wants_metadata = false; ///< else upcast() does not look at it
  std::vector<bool> may_be;    ///< events of today, by their index in aggregate_type::events

  /// Hands out what it is today. Errors: `decode_failed`, `upcast_threw`, and what `out` returns,
  /// which may have taken some by then. Null for a retired event.
  result<void> (*upcast)(bytes_view payload, const metadata& m, present_visitor& out) = nullptr;
  /// As it was.
  result<void> (*append_json)(bytes_view payload, std::string& out) = nullptr;

  [[nodiscard]] bool is_retired() const noexcept { return upcast == nullptr; }
};

/// A version of a command, or of an input of a process, that an upcast of today's reads.
struct kept_version {
  std::uint16_t schema = 1;
  std::string shape;
  std::string first_shape = {};
};

struct command_type {
  std::string name; ///< `credit`
  std::uint16_t schema = 1;
  std::string shape;
  std::string first_shape = {};           ///< of an input of a process, in shape_form::first
  std::vector<kept_version> earlier = {}; ///< newest first
  const std::type_info* type = nullptr;

  /// Errors: `json_invalid` with a JSON pointer.
  result<erased_command> (*from_json)(std::string_view text) = nullptr;
  /// Of a version that may be an older one. Errors: as from_kept().
  result<erased_command> (*from_kept)(std::uint16_t schema, std::string_view text) = nullptr;
  /// Appends bytes that are equal for equal commands. Errors: `encode_failed`.
  result<void> (*append_canonical)(const void* command, byte_buffer& out) = nullptr;
  /// Decides, writes the events' frames, and evolves the state. Never throws.
  execution (*execute)(void* state, const void* command, const context& c,
                       event_writer& out) = nullptr;

  /// Whether from_kept() knows this version.
  [[nodiscard]] bool reads(std::uint16_t version) const noexcept;
};

struct aggregate_type {
  std::string name; ///< durable: `account`
  aggregate_options options;
  std::vector<event_type> events;          ///< in the order of A::events
  std::vector<earlier_event_type> earlier; ///< what it has written in earlier releases
  std::vector<command_type> commands;      ///< in the order of A::commands
  std::string state_shape;
  std::uint64_t fingerprint = 0; ///< of the state's shape and schema: what a snapshot must match
  bool built_in = false;         ///< the runtime's own: its name may hold a '.'
  const std::type_info* type = nullptr;

  /// A copy of the one that the type was registered with.
  std::function<erased_state()> create;
  void (*move_state)(void* from, void* into) = nullptr;
  result<void> (*encode_state)(const void* state, byte_buffer& out) = nullptr;
  result<void> (*decode_state)(bytes_view from, void* state) = nullptr;
  result<void> (*append_state_json)(const void* state, std::string& out) = nullptr;

  /// By its name, or by a kept_name of any version.
  [[nodiscard]] const command_type* find_command(std::string_view command) const noexcept;
};

/// How a program reads one version of a stored event: at most one of these is set.
struct event_reader {
  const event_type* present = nullptr;
  const earlier_event_type* earlier = nullptr;
};

/// The versions of an event that a program knows under one name. Valid as long as the aggregate's
/// type.
struct event_versions {
  std::string_view name; ///< durable: `account.credited`
  const event_type* present = nullptr;
  std::vector<const earlier_event_type*> earlier;

  [[nodiscard]] event_reader find(std::uint16_t schema) const noexcept {
    if (present != nullptr && present->schema == schema) return {present, nullptr};
    return {nullptr, find_earlier(schema)};
  }
  /// Why it cannot be read: `newer_schema` if a later release wrote it, else `unknown_event`.
  /// Pre: find() knows no such schema.
  [[nodiscard]] error no_reader(std::uint16_t schema) const;

private:
  [[nodiscard]] const earlier_event_type* find_earlier(std::uint16_t schema) const noexcept;
};
/// By name: first those of today, in the order of `events`, then those that are only earlier.
[[nodiscard]] std::vector<event_versions> versions_of(const aggregate_type& type);
/// Whether one of the versions is an event of C++ type `event` today.
[[nodiscard]] bool may_be(const aggregate_type& of, const event_versions& versions,
                          const std::type_info& event) noexcept;
/// The same for a name that the program does not know at all.
[[nodiscard]] error no_reader(std::string_view name, std::uint16_t schema);

namespace detail {
/// Makes the earlier events part of the fingerprint: a snapshot that was taken before an event had
/// an upcast may hold another state than a replay with it makes.
void count_in_history(aggregate_type& t);
/// The same for the state of a process, which rests on its inputs.
void count_in_inputs(aggregate_type& t, std::span<const std::string> retired);
} // namespace detail

} // namespace acta
