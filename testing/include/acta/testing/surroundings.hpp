// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an aggregate and a process see besides the message: time, ids and the caller, as a test
/// sets them.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/context.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace acta::testing {

/// What context::new_id() gives in a test: nth_id(1) first, nth_id(2) next, on through all messages
/// of a chain.
[[nodiscard]] uuid nth_id(std::uint64_t n) noexcept;

namespace detail {

/// Gives nth_id(first), nth_id(first + 1), …
class counted_ids final : public id_source {
public:
  explicit counted_ids(std::uint64_t first) noexcept : next_(first) {}
  uuid next() override { return nth_id(next_++); }
  [[nodiscard]] std::uint64_t following() const noexcept { return next_; }

private:
  std::uint64_t next_;
};

/// All that a context shows and that a test can set.
struct surroundings {
  std::string id = "1";
  time_point now = default_time;
  std::string caller;
  acta::attributes attributes;
  uuid command_id;
  uuid correlation_id;
  std::uint64_t next_id = 1;

  /// The context of a message; valid as long as this and `ids`.
  [[nodiscard]] context at_version(version_number version, id_source& ids) const;
};

/// Throws `failure` unless a stream can have this id.
void check_id(const std::string& id);
/// Throws `failure` unless a runtime takes the caller and the attributes of a command.
void check_caller(const std::string& caller);
void check_attributes(const acta::attributes& attributes);
/// Throws `failure` unless one commit can hold so many events in frames of so many bytes.
void must_fit(std::size_t events, std::size_t bytes, const surroundings& around,
              const report& so_far);

} // namespace detail

/// The base of scenarios whose messages are answered with an acta::context. The members say what it
/// shows to those that follow; each gives a changed copy.
template <class Scenario> class in_surroundings {
public:
  /// context::caller().
  [[nodiscard]] Scenario as(std::string caller) const {
    detail::check_caller(caller);
    return with([&](auto& s) { s.caller = std::move(caller); });
  }
  /// context::id(): `42` of `cart/42`.
  [[nodiscard]] Scenario with_id(std::string id) const {
    detail::check_id(id);
    return with([&](auto& s) { s.id = std::move(id); });
  }
  /// context::attributes().
  [[nodiscard]] Scenario with_attributes(acta::attributes attributes) const {
    detail::check_attributes(attributes);
    return with([&](auto& s) { s.attributes = std::move(attributes); });
  }
  /// context::command_id() and correlation_id().
  [[nodiscard]] Scenario with_command(uuid command_id, uuid correlation_id = {}) const {
    return with([&](auto& s) { s.command_id = command_id, s.correlation_id = correlation_id; });
  }

protected:
  template <class Change> Scenario with(Change change) const {
    Scenario next(static_cast<const Scenario&>(*this));
    change(next.in_surroundings::surroundings_);
    return next;
  }

  detail::surroundings surroundings_;
};

} // namespace acta::testing
