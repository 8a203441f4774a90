// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Waiting for a condition with a deadline, instead of sleeping and hoping.
#pragma once

#include <chrono>
#include <thread>

namespace test {

/// Polls `condition` until it holds, at most `limit`. Returns whether it came to hold. What does
/// not hold at once is asked about every half millisecond, which leaves the processor to those it
/// waits for.
template <class F>
bool eventually(F&& condition, std::chrono::milliseconds limit = std::chrono::seconds{40}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (int polls = 0; !condition(); ++polls) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (polls < 100)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds{500});
  }
  return true;
}

} // namespace test
