// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A partition over any pair of stores; tests put faulty ones under it.
#pragma once

#include "log_store.hpp"

#include <string>

namespace acta::persistence {

/// Where derived data comes from.
struct derived_origin {
  bool is_new = false;    ///< there was none, or none that could be used
  std::uint64_t knew = 0; ///< the last position of what there was
  std::string unusable{}; ///< why it could not be used; empty if there was none
};

/// Errors: as open_partition.
result<std::unique_ptr<partition>>
make_partition(std::uint32_t number, std::unique_ptr<log_store> log,
               std::unique_ptr<derived_store> derived, partition_options options,
               const open_progress& progress = {}, derived_origin origin = {});

} // namespace acta::persistence
