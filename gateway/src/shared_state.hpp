// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What all connections of a gateway share.
#pragma once

#include "hosts.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime/runtime.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acta::http {

/// Room for one event stream, given back at the end. Must not outlive its shared_state.
class stream_place {
public:
  explicit stream_place(std::atomic<std::size_t>& taken) noexcept : taken_(&taken) {}
  stream_place(stream_place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  stream_place& operator=(stream_place&&) = delete;
  ~stream_place() {
    if (taken_ != nullptr) taken_->fetch_sub(1, std::memory_order_relaxed);
  }

private:
  std::atomic<std::size_t>* taken_;
};

/// Threads: every member from any.
class shared_state {
public:
  shared_state(acta::runtime& serving, gateway_options o)
      : runtime(serving), options(std::move(o)), known(options.address, options.allowed_hosts),
        readers(options.read_threads) {}

  acta::runtime& runtime;
  const gateway_options options;
  const known_hosts known;
  boost::asio::thread_pool readers;
  std::atomic<bool> stopping{false};
  std::atomic<bool> late{false}; ///< the deadline of the end has passed: no read is begun any more

  void log(log_level level, std::string_view line) const noexcept {
    try {
      if (options.log) options.log(level, line);
    } catch (...) { // a line that cannot be written is not worth a connection
    }
  }
  /// Logs the exception under way. @param what  what threw it. Pre: in a catch block.
  void log_failure(std::string_view what) const noexcept;

  enum class admission { full, refused, admitted };
  /// Counts one more connection; a few beyond the limit are kept long enough to be refused in
  /// words.
  admission admit() noexcept {
    if (connections_.load(std::memory_order_relaxed) >= options.connections_max + refusals_max)
      return admission::full;
    connections_.fetch_add(1, std::memory_order_relaxed);
    if (serving_.fetch_add(1, std::memory_order_relaxed) < options.connections_max)
      return admission::admitted;
    serving_.fetch_sub(1, std::memory_order_relaxed);
    return admission::refused;
  }
  void closed(bool was_admitted) {
    if (was_admitted) serving_.fetch_sub(1, std::memory_order_relaxed);
    if (connections_.fetch_sub(1, std::memory_order_acq_rel) != 1 || !stopping) return;
    const std::lock_guard lock(ending_);
    ended_.notify_all();
  }
  /// Nothing if there are as many as there may be.
  std::optional<stream_place> enter_stream() noexcept {
    if (streams_.fetch_add(1, std::memory_order_relaxed) < options.streams_max)
      return stream_place(streams_);
    streams_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  /// Something that runs code of the model's, which may not return: a read, or a worker's loop.
  void begin_work() noexcept { working_.fetch_add(1, std::memory_order_relaxed); }
  void end_work() noexcept {
    if (working_.fetch_sub(1) != 1 || !stopping) return;
    const std::lock_guard lock(ending_);
    ended_.notify_all();
  }
  /// Whether the last connection was closed before `deadline`.
  bool wait_for_connections(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(ending_);
    return ended_.wait_until(lock, deadline, [&] { return connections_ == 0; });
  }
  /// Whether the last work ended before `deadline`.
  bool wait_for_work(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(ending_);
    return ended_.wait_until(lock, deadline, [&] { return working_ == 0; });
  }

  /// Learns from an answer what no figure tells: that the runtime is stopped.
  void note(const error& e);
  /// Why commands should be sent elsewhere; empty if they need not.
  std::vector<std::string> reasons_not_ready(const runtime_figures& now) const;

private:
  static constexpr std::size_t refusals_max = 64;

  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> serving_{0};
  std::atomic<std::size_t> streams_{0};
  std::atomic<std::size_t> working_{0};
  std::mutex ending_;
  std::condition_variable ended_;

  std::atomic<bool> runtime_stopped_{false};
};

} // namespace acta::http
