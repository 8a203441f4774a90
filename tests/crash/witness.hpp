// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What victim and judge of the subscribers' crash test agree on: a subscriber that appends a line
/// for each event to a file, fails now and then, and refuses some events for good.
#pragma once

#include "counter.hpp"
#include "plan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace crash {

/// Of this it will hear nothing.
inline bool is_refused(const test::added& e) { return e.amount % 17 == 0; }

struct witness {
  static constexpr std::string_view name = "witness";
  using events = acta::one_of<test::added>;
  int file = -1;

  acta::result<void> handle(const test::added& e, const acta::effect_context& c) const {
    if (is_refused(e)) return acta::error(acta::errc::invalid_argument, "refused");
    const auto dice = mix(static_cast<std::uint64_t>(e.amount) << 8 | c.attempt);
    if (dice % 11 == 0) return acta::error(acta::errc::timeout, "before it was done");
    const auto& m = c.event;
    const auto line = c.key.to_string() + ' ' + m.stream + ' ' + std::to_string(m.version) + ' ' +
                      m.position.to_string() + '\n';
    // One write, so that a kill leaves the line whole or absent.
    if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return acta::error(acta::errc::io, "the file cannot be written");
    if (dice % 13 == 0) return acta::error(acta::errc::timeout, "after it was done");
    return {};
  }
};

inline acta::model witnessed(const std::string& folder) {
  const int file =
      open((folder + "/witnessed").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  acta::model m;
  m.aggregate<test::counter>().subscriber<witness>({.concurrency = 4,
                                                    .attempts = 1'000,
                                                    .backoff_min = std::chrono::milliseconds{1},
                                                    .backoff_max = std::chrono::milliseconds{20}},
                                                   witness{file});
  return m;
}

} // namespace crash
