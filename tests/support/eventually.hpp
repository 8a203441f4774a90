// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Waiting for a condition with a deadline, instead of sleeping and hoping.
#pragma once

#include <chrono>
#include <thread>

namespace test {

/// Polls `condition` until it holds, at most `limit`. Returns whether it came to hold.
template <class F>
bool eventually(F&& condition, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace test
