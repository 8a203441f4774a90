// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The seam between what actors do and the actor library: an actor is something that runs
/// body::run one call at a time, some time after it was woken.
///
/// One implementation is on CAF (src/caf_host.cpp). Keeping CAF behind this seam lets all logic be
/// tested under ThreadSanitizer, whose reports are useless inside an uninstrumented library.
/// For Acta's own components; a host program has no need of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace acta::actors {

enum class turn {
  idle,  ///< nothing to do until woken
  again, ///< there is more: come back after others had their turn
  gone,  ///< never call again
};

/// What an actor is. Counts its references; the actor holds one until run() says `gone`.
class body {
public:
  body() = default;
  body(const body&) = delete;
  body& operator=(const body&) = delete;

  /// Does a bounded amount of work. Threads: one at a time.
  virtual turn run() noexcept = 0;

  void add_reference() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() const noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

protected:
  virtual ~body() = default;

private:
  mutable std::atomic<std::uint32_t> references_{0};
};

/// A counted pointer to a body or to what derives from it. For boost::intrusive_ptr.
inline void intrusive_ptr_add_ref(const body* b) noexcept { b->add_reference(); }
inline void intrusive_ptr_release(const body* b) noexcept { b->drop_reference(); }

/// A strong reference to an actor: opaque, and one pointer wide because every resident aggregate
/// holds one.
using handle = void*;

class host {
public:
  virtual ~host() = default;
  /// Makes the (sleeping) actor of `b`, which keeps `b` alive. Threads: any.
  virtual handle spawn(body& b) = 0;
  /// Sends the actor a message: run again. Without effect once it has ended. Threads: any. Never
  /// blocks.
  virtual void wake(handle actor) noexcept = 0;
  virtual void release(handle actor) noexcept = 0;
  /// Waits until all actors have ended, at most until `deadline`; false if some live on.
  virtual bool await_all(std::chrono::steady_clock::time_point deadline) = 0;
};

/// @param workers  threads, at least 1.
///
/// Errors: throws std::system_error if the system has not as many threads to give.
std::unique_ptr<host> make_caf_host(std::size_t workers);

} // namespace acta::actors
