// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The seam between the aggregates' logic and the actor library: an actor is something that runs
/// aggregate::run one call at a time, some time after it was woken. One implementation is on CAF
/// (caf_host.cpp); keeping CAF behind this seam lets the logic be tested under ThreadSanitizer,
/// whose reports are useless inside an uninstrumented library.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

namespace acta::detail {

class aggregate;

/// A strong reference to an actor: opaque, and one pointer wide because every resident aggregate
/// holds one.
using actor_handle = void*;

class actor_host {
public:
  virtual ~actor_host() = default;
  /// Makes the (sleeping) actor of `a`, which keeps `a` alive until its run() says `gone`. Threads:
  /// any.
  virtual actor_handle spawn(aggregate& a) = 0;
  /// Sends the actor a message: run again. Without effect once it has ended. Threads: any. Never
  /// blocks.
  virtual void wake(actor_handle actor) noexcept = 0;
  virtual void release(actor_handle actor) noexcept = 0;
  /// Waits until all actors have ended, at most until `deadline`; false if some live on.
  virtual bool await_all(std::chrono::steady_clock::time_point deadline) = 0;
};

/// @param workers  threads, at least 1.
std::unique_ptr<actor_host> make_caf_host(std::size_t workers);

} // namespace acta::detail
