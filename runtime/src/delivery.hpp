// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Something that is to be sent for a process until it is answered, and the ids that make sending
/// it twice harmless.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/domain/metadata.hpp>

#include <cereal/cereal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace acta::detail {

/// `cart/42` -> {"cart", "42"}
[[nodiscard]] std::pair<std::string, std::string> split_stream(std::string_view stream);

/// Why something is sent. On disk, and part of command ids: never renumber.
enum class delivery_kind : std::uint8_t {
  command = 1,   ///< a command of a step
  rejection = 2, ///< the answer to one, back to the process
  returned = 3,  ///< an event caused by a process, back to it
  keyed = 4,     ///< an event that a process's key claims
  timer = 5,     ///< a timer that is due
  event = 6,     ///< not sent: names an event as a cause
};

/// What a delivery is: derived from a stored event, so that it is found again after a crash. One
/// target has one delivery of a key.
struct delivery_key {
  position from;           ///< the step, or the event
  std::uint16_t index = 0; ///< of the command, or the timer, in the step; of events 0
  delivery_kind kind = delivery_kind::command;

  friend auto operator<=>(const delivery_key&, const delivery_key&) = default;
};

/// The command id of a delivery: the same each time it is sent, and readable: kind, partition,
/// index and position. A version 8 uuid (RFC 9562). On disk: never change.
[[nodiscard]] uuid id_of(const delivery_key& key) noexcept;
/// The delivery of a command id that id_of made; nothing for any other id.
[[nodiscard]] std::optional<delivery_key> key_of(const uuid& id) noexcept;

struct delivery {
  std::string aggregate; ///< or process
  std::string id;
  std::string command;
  std::string json;
  uuid correlation_id;
  uuid causation_id;
  acta::attributes attributes;

  [[nodiscard]] std::string target() const { return aggregate + '/' + id; }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(aggregate), CEREAL_NVP(id), CEREAL_NVP(command), CEREAL_NVP(json),
       CEREAL_NVP(correlation_id), CEREAL_NVP(causation_id), CEREAL_NVP(attributes));
  }
};

/// A timer that is set.
struct pending_timer {
  std::string stream; ///< of the process
  std::string name;
  std::string input;
  std::string json;
  time_point due{};
  version_number version = 0; ///< of the step that set it
  delivery_key key;           ///< of the delivery it becomes
  uuid correlation_id;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(stream), CEREAL_NVP(name), CEREAL_NVP(input), CEREAL_NVP(json), CEREAL_NVP(due),
       CEREAL_NVP(version), cereal::make_nvp("from", key.from),
       cereal::make_nvp("index", key.index), CEREAL_NVP(correlation_id));
  }
};

} // namespace acta::detail
