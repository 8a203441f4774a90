// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How often a store that is open, or only looked at, holds one version of an event or an input.
/// Asked only for what no type of the program reads.
#pragma once

#include "contract.hpp"
#include "outbox.hpp"

#include <acta/persistence/partition.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace acta::detail {

using journals = std::vector<persistence::journal_reader*>;
template <class Owners> journals journals_of(const Owners& owners) {
  journals all;
  for (const auto& one : owners) all.push_back(one.get());
  return all;
}

/// Reads the journals from their beginning. Damaged commits are stepped over: nobody can read those
/// anyhow. Errors: `io`.
result<stored_events> count_events(const journals& all, std::string_view name,
                                   std::uint16_t schema);
/// @param todo  null: there is none
result<stored_inputs> count_inputs(const journals& all, outbox* todo, const input_version& what);

} // namespace acta::detail
