// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the shop of a run sells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shop::load {

struct article {
  std::string sku;
  std::string name;
  std::string category;
  std::int64_t price = 0; ///< in cents
  std::int64_t received = 0;
  std::string listed{}; ///< position, once it is in the shop
};

inline constexpr std::string_view currency = "EUR";

struct catalogue {
  std::vector<article> plenty; ///< never sold out
  std::vector<article> scarce; ///< fewer than are asked for, so that orders fail on a later line
};

/// The same for the same arguments. Scarce ones suffice for about a third of those who want them.
catalogue make_catalogue(const std::string& run, std::size_t customers, std::uint64_t seed);

} // namespace shop::load
