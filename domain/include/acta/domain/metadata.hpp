// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is known about an event besides its data.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>

#include <map>
#include <string>

namespace acta {

/// The application's own notes on a command, copied to its events: at most 16 KiB together.
using attributes = std::map<std::string, std::string>;

struct metadata {
  std::string stream; ///< `cart/42`
  version_number version = 0;
  acta::position position;
  time_point recorded_at{};
  uuid command_id;
  uuid correlation_id; ///< shared by everything that one first command led to
  uuid causation_id;   ///< the command or event that caused this
  std::string caller;  ///< identity the gateway or host gave, empty if none
  acta::attributes attributes;
};

} // namespace acta
