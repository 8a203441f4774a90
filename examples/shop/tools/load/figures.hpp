// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a run counts while it goes on.
#pragma once

#include "../client/request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shop::load {

/// How a customer left, as the customer sees it.
enum class outcome { looked, abandoned, out_of_stock, paid, too_late, unpaid, in_trouble };
inline constexpr std::array<std::string_view, 7> outcome_names{
    "looked", "abandoned", "out of stock", "paid", "too late", "unpaid", "in trouble"};

struct latency {
  std::size_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, max = 0; ///< in ms, attempts and pauses together
};

class figures {
public:
  void note(const tools::request& r, const tools::answer& a);
  void note(outcome how) { ++outcomes_[static_cast<std::size_t>(how)]; }

  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
  [[nodiscard]] std::uint64_t repeated() const noexcept { return repeated_; }
  [[nodiscard]] std::uint64_t customers() const noexcept;
  [[nodiscard]] std::uint64_t count(outcome how) const noexcept {
    return outcomes_[static_cast<std::size_t>(how)];
  }
  /// By kind of request.
  [[nodiscard]] std::map<std::string, latency> latencies() const;

private:
  std::uint64_t requests_ = 0;
  std::uint64_t repeated_ = 0; ///< attempts beyond the first
  std::array<std::uint64_t, outcome_names.size()> outcomes_{};
  std::map<std::string, std::vector<float>> took_ms_;
};

} // namespace shop::load
