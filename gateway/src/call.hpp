// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a request asks for, checked: the routes, their parameters and their headers.
#pragma once

#include "hosts.hpp"
#include "problem.hpp"
#include "request.hpp"
#include "target.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime/runtime.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acta::http {

enum class route : std::uint8_t {
  command,
  state,
  events, ///< of one stream
  views,
  row,
  rows,
  query,
  all_events,
  why,
  subscribers,
  dead_letters,
  subscriber, ///< an order to one
  processes,
  set_aside,
  drop_set_aside,
  live,
  ready,
};

/// What an operator asks of a subscriber.
enum class subscriber_order : std::uint8_t { pause, resume, retry, retry_all, drop };

inline constexpr std::size_t events_limit_default = 100;
inline constexpr std::size_t events_limit_max = 1000;
inline constexpr std::size_t idempotency_key_bytes_max = 255;

/// Views into the request and its target.
struct call {
  route to = route::live;
  std::string_view aggregate;
  std::string_view id; ///< of an aggregate; set_aside, drop_set_aside: of a record
  std::string_view command;
  command_options options; ///< command
  moment when;             ///< state
  event_range range;       ///< events

  std::string_view name;       ///< of a view, a query or a subscriber
  std::string_view key;        ///< row
  read_options read;           ///< row, rows, query
  subscription_options follow; ///< all_events
  std::size_t limit = 0;       ///< all_events, dead_letters; in a page
  bool live = false;           ///< all_events, as an event stream
  position event;              ///< why, subscriber; dead_letters: the first one
  subscriber_order order = subscriber_order::pause; ///< subscriber
};

/// Fills `t` and `c` from `r`, or says what is wrong with it. What only the model can tell (names,
/// columns, fields) is not looked at.
std::optional<problem> understand(const request& r, target& t, call& c,
                                  const gateway_options& options, const known_hosts& known);

/// What the call is about, for the log.
[[nodiscard]] std::string subject_of(const call& c);

/// The id of a command with this key: a uuid is taken as it is, any other text is hashed (XXH3, 128
/// bits, as its canonical big-endian bytes; stable for ever, because a retry may come after an
/// upgrade). Pre: 1..255 bytes.
[[nodiscard]] uuid command_id_of(std::string_view key);

} // namespace acta::http
