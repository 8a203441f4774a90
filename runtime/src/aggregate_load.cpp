// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// How an aggregate comes to its state: drain, newest usable snapshot, then the events after it in
// slices.
#include "aggregate.hpp"

#include "engine.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime/errc.hpp>

namespace acta::detail {

namespace {
/// Events replayed in one turn, about 0.3 ms: bounds how long a replay keeps a worker from other
/// aggregates.
constexpr std::uint64_t events_per_slice = 1024;
} // namespace

bool aggregate::load() {
  if (phase_ == phase::live) {
    if (lane_->generation() == generation_) return true;
    forget_state(); // a commit it was built on has failed
  }
  if (phase_ == phase::cold && !begin_load()) return false;
  return phase_ == phase::live || (phase_ == phase::loading && load_slice());
}

bool aggregate::begin_load() {
  // What is in flight will either be part of the journal or fail: only then is there one truth to
  // read.
  if (!drained()) return false;
  if (!lane_) {
    auto lane = binding_->partition->attach(*key_);
    if (!lane) return load_failed(lane.error()), false;
    lane_ = std::move(lane).value();
  }
  generation_ = lane_->generation();
  load_target_ = lane_->durable_version();
  state_ = binding_->type->create();
  version_ = 0;
  snapshot_version_ = 0;
  in_flight_ids_.reset();
  if (load_target_ > 0 && binding_->type->options.snapshot_every != 0) {
    const auto from =
        engine_.restore_snapshot(*binding_, *key_, load_target_, std::nullopt, state_);
    if (!from) return load_failed(from.error()), false;
    version_ = snapshot_version_ = from->version;
    durable_position_.store(from->position, std::memory_order_release);
    durable_time_.store(from->recorded_at.time_since_epoch().count(), std::memory_order_relaxed);
  }
  phase_ = phase::loading;
  return true;
}

bool aggregate::load_slice() {
  if (version_ < load_target_) {
    std::optional<error> failed;
    std::uint64_t done = 0;
    auto read = binding_->partition->read_stream(
        *key_, version_ + 1, [&](const persistence::commit_view& commit) {
          failed = engine_.replay(*binding_, commit, version_, load_target_, state_.get());
          if (failed) return false;
          durable_position_.store(commit.last_position(), std::memory_order_release);
          durable_time_.store(commit.recorded_at().time_since_epoch().count(),
                              std::memory_order_relaxed);
          done += commit.event_count();
          return version_ < load_target_ && done < events_per_slice;
        });
    if (!read && !failed) failed = std::move(read).error();
    if (!failed && done == 0)
      failed = error(persistence::errc::corrupt_commit,
                     "the stream ends at version " + std::to_string(version_) +
                         ", the index names " + std::to_string(load_target_),
                     key_->text());
    if (failed) return load_failed(*failed), false;
  }
  if (version_ < load_target_) {
    // Long replays take turns: permits bound how many are half-way at a time.
    if (!has_permit_ && !(has_permit_ = engine_.take_permit(*this))) {
      awaits_permit_ = true;
      phase_ = phase::waiting;
    }
    return false;
  }
  phase_ = phase::live;
  attempts_ = 0;
  give_permit_back();
  engine_.counters().recoveries.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void aggregate::load_failed(const error& why) {
  state_ = erased_state(nullptr, nullptr);
  give_permit_back();
  ++attempts_;
  if (attempts_ < engine_.options().replay_attempts) {
    phase_ = phase::waiting;
    engine_.log(log_level::warning, "{}: recovery failed (attempt {}): {}", key_->text(), attempts_,
                why.to_string());
    engine_.retry_later(*this, attempts_);
    return;
  }
  phase_ = phase::quarantined;
  reason_ = std::make_unique<error>(runtime_errc::quarantined, why.to_string(), key_->text());
  engine_.log(log_level::error, "{}: quarantined after {} attempts: {}", key_->text(), attempts_,
              why.to_string());
  engine_.quarantine(*this, *reason_);
  wake(); // to answer what waits
}

} // namespace acta::detail
