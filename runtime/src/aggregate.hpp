// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The logic of one live aggregate: its inbox, its speculative state, and its way from cold to live
/// to gone.
///
/// The aggregate does not wait for the disk between commands: each is decided on the state that
/// earlier, still unwritten commits will lead to. `lane::generation` tells when one of those
/// failed; the state is then thrown away and read again. Every answer that rests on unwritten
/// commits goes through the journal behind them (a barrier).
///
/// Threads: push, signal and settle from any; run only from the actor, one call at a time; the rest
/// is private to run.
#pragma once

#include "ticket.hpp"

#include <acta/actors/host.hpp>
#include <acta/core/bytes.hpp>

#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/unordered_set_hook.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace acta::detail {

class engine;

class aggregate final
    : public actors::body,
      public boost::intrusive::list_base_hook<>,
      public boost::intrusive::unordered_set_base_hook<boost::intrusive::store_hash<false>> {
public:
  aggregate(engine& owner, std::shared_ptr<const acta::detail::binding> type,
            persistence::stream_key key);
  ~aggregate() override;

  [[nodiscard]] const persistence::stream_key& key() const noexcept { return *key_; }
  [[nodiscard]] const std::shared_ptr<const persistence::stream_key>& shared_key() const noexcept {
    return key_;
  }
  [[nodiscard]] const acta::detail::binding& type() const noexcept { return *binding_; }

  /// What may be asked of an aggregate besides commands.
  enum signals : std::uint32_t {
    retry = 1,     ///< the pause after a failed replay is over, or quarantine was lifted
    passivate = 2, ///< leave memory if nothing is going on
    leave = 4,     ///< the runtime stops: answer `stopped`, snapshot, go
    draining = 8,  ///< set by the aggregate itself: wake me when nothing is in flight
    permit = 16,   ///< the permit that it has asked for is its own now
  };

  /// Adds a ticket; the caller wakes the actor if this says so. Pre: the directory's shard is
  /// locked. Returns false (nothing added) if the inbox is full.
  bool push(ticket& t, std::size_t inbox_max, bool& needs_wake) noexcept;
  [[nodiscard]] bool inbox_empty() const noexcept {
    return inbox_.load(std::memory_order_acquire) == nullptr;
  }
  /// Sets signals and wakes the actor.
  void signal(std::uint32_t bits) noexcept;
  void wake() noexcept;
  /// The journal has answered one entry of this aggregate. @param position  of its last event, 0 if
  /// it wrote none.
  void settle(std::uint64_t position, time_point recorded_at) noexcept;

  [[nodiscard]] std::uint64_t durable_position() const noexcept {
    return durable_position_.load(std::memory_order_acquire);
  }

  actors::turn run() noexcept override;

  // -- the directory's, under the lock of the shard -------------------------
  actors::handle actor = nullptr;
  std::uint32_t last_used = 0; ///< coarse clock of the directory

private:
  enum class phase : std::uint8_t {
    cold,        ///< no state
    loading,     ///< replaying
    live,        ///< state is at version_
    waiting,     ///< for signal `retry`, or half-way for `permit`
    quarantined, ///< answers with reason_
  };

  void take_inbox() noexcept;
  /// Brings the state to live in slices; false: not yet, or not at all.
  bool load();
  bool begin_load();
  bool load_slice();
  void load_failed(const error& why);
  void give_permit_back();
  [[nodiscard]] bool drained() noexcept;
  void forget_state() noexcept;

  void handle(ticket& t);
  void execute(ticket& t);
  /// A process has passed over an event or a rejection, which it does only once it has finished.
  /// Pre: it wrote nothing.
  [[nodiscard]] bool came_after_end(const ticket& t) const;
  /// Answers a command that writes nothing, after everything before it is on disk.
  void answer_behind(ticket& t, std::optional<error> outcome);
  /// Answers at once. For what does not rest on the state.
  void answer_now(ticket& t, std::optional<error> outcome);
  /// True if the command id was seen before; the ticket is then taken care of.
  bool answer_retry(ticket& t);
  [[nodiscard]] bool submit(ticket& t);
  [[nodiscard]] std::unique_ptr<persistence::snapshot> snapshot_if_due(std::uint64_t after_events);
  [[nodiscard]] bool try_leave(bool stopping);

  engine& engine_;
  std::shared_ptr<const acta::detail::binding> binding_;
  std::shared_ptr<const persistence::stream_key> key_;
  std::atomic<std::uint32_t> signals_{0};
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint32_t> waiting_{0}; ///< tickets in inbox_ and backlog_
  std::atomic<ticket*> inbox_{nullptr};   ///< newest first
  std::atomic<std::uint64_t> durable_position_{0};
  std::atomic<std::int64_t> durable_time_{0}; ///< microseconds, of the commit at durable_position_

  ticket_list backlog_;
  ticket* handled_ = nullptr; ///< taken off backlog_, and neither answered nor given to the journal
  erased_state state_;
  persistence::lane_ptr lane_;
  version_number version_ = 0; ///< of the speculative state
  version_number snapshot_version_ = 0;
  version_number load_target_ = 0;
  std::uint32_t generation_ = 0;
  std::uint16_t attempts_ = 0;
  phase phase_ = phase::cold;
  bool has_permit_ = false;
  bool awaits_permit_ = false;   ///< stands in the supervisor's queue, or the signal is on its way
  bool leave_when_idle_ = false; ///< asked to passivate while something was in flight
  /// In flight with a command id; null until the first one.
  struct ids_in_flight {
    std::deque<ticket_ptr> by_age;
    std::unordered_map<uuid, ticket*> by_id;
  };
  std::unique_ptr<ids_in_flight> in_flight_ids_;
  std::unique_ptr<error> reason_;
};

} // namespace acta::detail
