// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// All subscribers of a runtime, and the one thread that reads and writes for them.
#pragma once

#include "subscriber_runner.hpp"

#include <acta/domain/model.hpp>
#include <acta/runtime/options.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace acta::detail {

class engine;

/// A model whose subscribers answer with what the host has no channel for would lose it.
/// Errors: `bad_model`, naming subscriber, event and channel.
result<void> check_channels(const acta::model& m, const runtime_options& options);

/// Lifecycle: open(), start(), stop(). Threads: everything after start() from any.
class subscribers {
public:
  explicit subscribers(engine& e) : engine_(e) {}
  /// Waits for handles that have not returned, without limit.
  ~subscribers();
  subscribers(const subscribers&) = delete;
  subscribers& operator=(const subscribers&) = delete;

  /// Before anything is committed, so that nothing is left out. One whose record has no room on the
  /// disk starts later. Errors: `io`, `wrong_format`.
  result<void> open();
  void start();
  /// Hands out nothing more from here on.
  void stop();
  /// Waits for what is under way. Returns whether it has ended by then.
  bool await(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] std::vector<subscriber_status> status() const;
  [[nodiscard]] subscriber_figures figures() const;
  /// Everything committed before the call is done, or a dead letter; who is paused is at rest.
  [[nodiscard]] bool at_rest() const;
  /// Null if there is none of that name.
  [[nodiscard]] subscriber_runner* find(std::string_view name) const noexcept;

private:
  /// Shared with those who call, which may be after the end.
  struct bell {
    std::mutex mutex;
    std::condition_variable wake;
    bool rung = false;
    void ring();
  };
  void run();
  void name_the_forgotten() const;
  /// The contract holds a line for each that has begun, so that a record which is gone is told.
  void name_the_lost(std::string_view contract) const;
  void note_begun(std::string contract) const;

  engine& engine_;
  std::shared_ptr<bell> bell_ = std::make_shared<bell>();
  std::vector<std::unique_ptr<subscriber_runner>> runners_;
  std::mutex mutex_;
  std::condition_variable ended_signal_;
  bool stopping_ = false;
  bool ended_ = false;
  std::thread thread_;
};

} // namespace acta::detail
