// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Those who wait for a view to have come to a position.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/log.hpp>
#include <acta/core/result.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace acta {

/// Callbacks run on the thread that advances or gives up, without locks; what they throw is logged.
/// Threads: any.
class waiting {
public:
  using callback = std::function<void(result<void>)>;
  explicit waiting(const log_sink& log) noexcept : log_(log) {}

  /// @returns a number for give_up().
  std::uint64_t add(position until, callback f);
  /// Answers everybody who waits for `reached` or earlier.
  void advance(position reached);
  [[nodiscard]] bool has(std::uint64_t number) const;
  /// Answers one, if it still waits.
  void give_up(std::uint64_t number, const error& why);
  void give_up_all(const error& why);

private:
  struct waiter {
    std::uint64_t number;
    callback f;
  };
  const log_sink& log_;
  mutable std::mutex mutex_;
  std::multimap<position, waiter> waiters_; ///< by partition, then by number
  std::map<std::uint64_t, std::multimap<position, waiter>::iterator> by_number_;
  std::uint64_t next_ = 1;
};

} // namespace acta
