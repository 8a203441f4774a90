// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a run comes along, on stderr.
#pragma once

#include "figures.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace shop::load {

/// On a terminal one line that changes; else a line a second, which a log can keep.
class progress {
public:
  progress(const figures& counted, std::size_t customers);

  /// Runs until finish().
  boost::asio::awaitable<void> show();
  /// The last line, which stays.
  void finish();

private:
  [[nodiscard]] std::string line();

  const figures& counted_;
  std::size_t customers_;
  bool terminal_;
  bool finished_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begin_;
  std::uint64_t requests_then_ = 0;
};

} // namespace shop::load
