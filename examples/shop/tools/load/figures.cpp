// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "figures.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace shop::load {

void figures::note(const tools::request& r, const tools::answer& a) {
  ++requests_;
  repeated_ += a.attempts - 1;
  took_ms_[r.kind()].push_back(std::chrono::duration<float, std::milli>(a.took).count());
}

std::uint64_t figures::customers() const noexcept {
  return std::accumulate(outcomes_.begin(), outcomes_.end(), std::uint64_t{0});
}

std::map<std::string, latency> figures::latencies() const {
  std::map<std::string, latency> all;
  for (auto [kind, took] : took_ms_) {
    std::ranges::sort(took);
    const auto at = [&](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(took.size()));
      return static_cast<double>(took[std::min(took.size() - 1, index)]);
    };
    all[kind] = {took.size(), at(0.5), at(0.9), at(0.99), static_cast<double>(took.back())};
  }
  return all;
}

} // namespace shop::load
