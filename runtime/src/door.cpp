// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "door.hpp"

#include "delivery.hpp"

namespace acta::detail {

namespace {

/// Of attributes: docs/processes.md.
constexpr std::string_view reserved_prefix = "acta.";

} // namespace

result<void> check_caller_options(const command_options& options) {
  // Causation and correlation ids are free: nothing is decided by them, and who passes on what it
  // was told may well name an id of the runtime's.
  if (key_of(options.command_id))
    return error(errc::invalid_argument,
                 "the command id " + options.command_id.to_string() +
                     " is one that the runtime computes for what processes do; a caller's must be "
                     "another, such as a random one");
  for (const auto& [name, value] : options.metadata)
    if (std::string_view(name).starts_with(reserved_prefix))
      return error(errc::invalid_argument, "the attribute '" + name +
                                               "' is the runtime's own: a caller's names must not "
                                               "begin with 'acta.'");
  return {};
}

} // namespace acta::detail
