// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "projector.hpp"

#include "feed.hpp"
#include "generation.hpp"

#include <algorithm>
#include <limits>

namespace acta {

namespace {

/// Who is this many batches behind takes this many at once: nobody waits for the rows in between,
/// and each transaction costs a sync.
constexpr std::uint64_t catch_up_factor = 16;
/// Rows held in memory by one transaction.
constexpr std::size_t session_bytes_max = std::size_t{32} << 20;
/// Commits between looks at the clock.
constexpr unsigned commits_per_look = 32;

} // namespace

struct projector::outcome {
  std::uint64_t scanned = 0;
  std::uint64_t checksum = 0; ///< of the commit that holds `scanned`
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::optional<fold_failure> refused; ///< by the view's code
  std::uint64_t refused_commit = 0;    ///< position of the commit that holds it
  std::optional<error> failed;         ///< the transaction as a whole
};

projector::projector(std::shared_ptr<generation> of, feed& from, std::uint64_t scanned)
    : of_(std::move(of)), from_(from), fold_(of_->type(), from.names), scanned_(scanned),
      measured_scanned_(scanned) {}

projector::~projector() {
  if (actor_ != nullptr) host_->release(actor_);
}

void projector::wake() noexcept { host_->wake(actor_); }

actors::turn projector::run() noexcept {
  const auto of = of_; // outlives the lock below
  if (!of) return actors::turn::gone;
  bool more = false;
  {
    const std::lock_guard busy(busy_);
    if (of->leaving()) {
      of_.reset();
      return actors::turn::gone;
    }
    if (of->advancing() && !stands_still()) {
      try {
        more = step();
      } catch (...) { // out of memory, mostly
        more = try_again_later(error(errc::io, detail::describe_exception()));
      }
    }
  }
  of->after_turn();
  return more ? actors::turn::again : actors::turn::idle;
}

bool projector::step() {
  const auto last = from_.partition.last_position();
  const auto before = scanned();
  if (before >= last) return false;
  const auto& options = of_->type().options;
  std::uint64_t events = options.batch_events_max;
  if (last - before > events * catch_up_factor) events *= catch_up_factor;
  if (before < careful_until_ || !passing_.empty()) events = 1;
  auto done = transact(before + events);
  if (done.refused && is_fault_of_event(done.refused->why) && done.refused_commit > before + 1) {
    // What comes before the commit is sound; the next turn begins with it.
    done = transact(done.refused_commit - 1);
  }
  if (done.refused)
    return is_fault_of_event(done.refused->why) ? refuse(*done.refused)
                                                : try_again_later(done.refused->why);
  if (done.failed) {
    if (!is_fault_of_event(*done.failed)) return try_again_later(*done.failed);
    careful_until_ = done.scanned;
    if (done.commits > 1) return true;
    return refuse({fold_.last_taken(), *done.failed});
  }
  adopt(done);
  return scanned() < from_.partition.last_position();
}

projector::outcome projector::transact(std::uint64_t to) {
  outcome o;
  o.scanned = scanned();
  auto& g = *of_;
  const auto first = o.scanned + 1;
  const auto taken_before = fold_.taken();
  const auto time = g.type().options.batch_time_max *
                    (to - o.scanned > g.type().options.batch_events_max ? catch_up_factor : 1);
  const auto deadline = std::chrono::steady_clock::now() + time;

  const auto writing = g.lock_writing();
  auto txn = g.rows().write();
  if (!txn) return o.failed = std::move(txn).error(), o;
  row_session session(g.type(), **txn);
  auto read = from_.visit(first, [&](const persistence::commit_view& c) {
    if (c.position() > to) return false;
    o.refused =
        fold_.take(c, {.first = first, .but = passing_, .replaying = !g.is_built()}, session);
    if (o.refused) {
      o.refused_commit = c.position();
      return false;
    }
    ++o.commits;
    o.scanned = c.last_position();
    o.checksum = c.record_checksum();
    if (o.scanned >= to || session.bytes() > session_bytes_max) return false;
    return o.commits % commits_per_look != 0 || std::chrono::steady_clock::now() < deadline;
  });
  if (o.refused) return o;
  const auto fail = [&](result<void> r) {
    if (!r && !o.failed) o.failed = std::move(r).error();
    return o.failed.has_value();
  };
  if (fail(std::move(read)) || fail(session.flush())) return o;
  if (o.commits == 0)
    return o.failed =
               error(persistence::errc::corrupt_commit, "there is no commit at this position",
                     position{from_.partition.number(), first}.to_string()),
           o;
  for (const auto& letter : passing_)
    if (fail((*txn)->park(letter))) return o;
  if (fail((*txn)->set_checkpoint(from_.partition.number(), {o.scanned, o.checksum}))) return o;
  if (fail(g.commit(**txn, session.rows_changed() > 0))) return o;
  o.events = fold_.taken() - taken_before;
  return o;
}

void projector::adopt(const outcome& o) {
  if (!passing_.empty())
    of_->around().log(log_level::error, "view {}: {} events parked up to {}:{}", of_->type().name,
                      passing_.size(), from_.partition.number(), o.scanned);
  passing_.clear();
  attempts_ = 0;
  {
    const std::lock_guard lock(status_mutex_);
    trouble_.reset();
    trouble_at_.reset();
    events_ += o.events;
    ++transactions_;
  }
  scanned_.store(o.scanned, std::memory_order_release);
  measure_speed();
}

bool projector::try_again_later(const error& why) {
  if (attempts_++ == 0)
    of_->around().log(log_level::error, "view {}: {}; trying again", of_->type().name,
                      why.to_string());
  note_trouble(why, std::nullopt);
  pause_for(attempts_);
  return false;
}

bool projector::refuse(const fold_failure& f) {
  const position at{from_.partition.number(), f.position};
  note_trouble(f.why, at);
  const auto& options = of_->type().options;
  if (++attempts_ < options.attempts) {
    pause_for(attempts_);
    return false;
  }
  if (options.policy == on_error::stop) {
    stopped_.store(true, std::memory_order_release);
    of_->around().log(log_level::error, "view {} has stopped at {} after {} attempts: {}",
                      of_->type().name, at.to_string(), attempts_, f.why.to_string());
    return false;
  }
  passing_.push_back({at, of_->around().clock(), attempts_, reason_of(f.why)});
  attempts_ = 0;
  return true;
}

void projector::pause_for(unsigned attempt) {
  const auto& options = of_->type().options;
  const auto pause = std::min<std::chrono::milliseconds>(
      options.backoff_max, options.backoff_min * (1u << std::min(attempt - 1, 16u)));
  pausing_.store(true, std::memory_order_release);
  of_->around().after(pause, [self = projector_ptr(this)] {
    self->pausing_.store(false, std::memory_order_release);
    self->wake();
  });
}

void projector::resume() {
  {
    const std::lock_guard busy(busy_);
    attempts_ = 0;
    stopped_.store(false, std::memory_order_release);
    pausing_.store(false, std::memory_order_release);
  }
  wake();
}

bool projector::skip() {
  {
    const std::lock_guard busy(busy_);
    const std::lock_guard lock(status_mutex_);
    if (!stopped() || !trouble_at_ || !trouble_ || !of_) return false;
    passing_.push_back({*trouble_at_, of_->around().clock(), attempts_, reason_of(*trouble_)});
  }
  resume();
  return true;
}

void projector::note_trouble(std::optional<error> why, std::optional<position> at) {
  const std::lock_guard lock(status_mutex_);
  ++failures_;
  trouble_ = std::move(why);
  trouble_at_ = at;
}

void projector::measure_speed() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(status_mutex_);
  const std::chrono::duration<double> passed = now - measured_at_;
  if (passed < std::chrono::milliseconds{500}) return;
  events_per_second_ = static_cast<double>(scanned() - measured_scanned_) / passed.count();
  measured_at_ = now;
  measured_scanned_ = scanned();
}

void projector::describe(generation_status& s) const {
  const auto here = scanned();
  s.scanned.push_back({from_.partition.number(), here});
  const auto last = from_.partition.last_position();
  s.behind += last - std::min(last, here);
  const std::lock_guard lock(status_mutex_);
  s.events += events_;
  s.transactions += transactions_;
  s.failures += failures_;
  s.events_per_second += events_per_second_;
  if (trouble_) {
    s.trouble = trouble_;
    s.trouble_at = trouble_at_;
    if (s.state == view_state::running) s.state = view_state::retrying;
  }
  if (stopped()) s.state = view_state::stopped;
}

} // namespace acta
