// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What shop-load is told on its command line.
#pragma once

#include "../client/address.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace shop::load {

struct options {
  tools::address node;
  std::optional<std::filesystem::path> maildir; ///< without one, e-mails are not counted
  std::size_t customers = 2000;
  std::size_t concurrency = 64; ///< customers in the shop at once, a connection each
  double rate = 0;              ///< customers who come in a second; 0: as soon as there is room
  std::uint64_t seed = 0;
  /// No customer comes in after this time; 0: all come.
  std::chrono::milliseconds duration{0};
  /// For one request with all its repetitions.
  std::chrono::milliseconds patience = std::chrono::seconds{60};
  /// For the books to balance after the last customer has left.
  std::chrono::milliseconds settle = std::chrono::minutes{2};
  /// Ids of this run begin with it, so that a store can take in many runs.
  std::string run;
};

} // namespace shop::load
