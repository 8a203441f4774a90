// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "projector.hpp"

#include "feed.hpp"
#include "generation.hpp"

#include <acta/core/assert.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>
#include <limits>

namespace acta {

namespace {

/// Who is this many batches behind takes this many at once: nobody waits for the rows in between,
/// and each transaction costs a sync.
constexpr std::uint64_t catch_up_factor = 16;
/// Commits between looks at the clock.
constexpr unsigned commits_per_look = 32;

} // namespace

struct projector::outcome {
  std::uint64_t scanned = 0;
  std::uint64_t checksum = 0; ///< of the commit that holds `scanned`
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::vector<dead_letter> parked;     ///< of events it passes over, all of the same commit
  std::optional<fold_failure> refused; ///< by the view's code, or a commit that cannot be read
  std::uint64_t refused_commit = 0;    ///< position of the commit that holds it
  std::optional<error> unwritten;      ///< the rows cannot be written, for whichever event
  std::optional<error> failed;         ///< the transaction as a whole
  bool rows_failed = false;            ///< the view's own file has made it fail
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
  if (done.refused && done.refused_commit > before + 1) {
    // What comes before the commit is sound; the next turn begins with it.
    done = transact(done.refused_commit - 1);
    if (done.refused && done.refused_commit > before + 1) {
      // It took them a moment ago: a mood of the view's code. An event is refused when its commit
      // is the next one, so that its letter is written by the transaction that passes it.
      careful_until_ = done.refused_commit;
      return true;
    }
  }
  if (done.refused) return refuse(*done.refused);
  if (done.failed) {
    if (done.rows_failed) of_->note_failure(*done.failed);
    return try_again_later(*done.failed);
  }
  if (done.unwritten) {
    careful_until_ = done.scanned;
    if (done.commits > 1) return true;
    auto guilty = find_guilty();
    if (!guilty) return try_again_later(guilty.error());
    if (!*guilty) return try_again_later(*done.unwritten); // it was a mood of the view's code
    return refuse({**guilty, *done.unwritten});
  }
  adopt(done);
  return scanned() < from_.partition.last_position();
}

projector::outcome projector::transact(std::uint64_t to) {
  outcome o;
  o.scanned = scanned();
  o.parked = passing_;
  auto& g = *of_;
  const auto taken_before = fold_.taken();
  const auto writing = g.lock_writing();
  auto txn = g.rows().write();
  if (!txn) return o.rows_failed = true, o.failed = std::move(txn).error(), o;
  row_session session(g.type(), **txn);
  fold(to, session, o);
  if (o.refused || o.failed) return o;
  const auto fail = [&](result<void> r) {
    o.rows_failed = o.rows_failed || !r;
    if (!r && !o.failed) o.failed = std::move(r).error();
    return o.failed.has_value();
  };
  if (auto flushed = session.flush(); !flushed) {
    o.rows_failed = !is_fault_of_event(flushed.error());
    (o.rows_failed ? o.failed : o.unwritten) = std::move(flushed).error();
    return o;
  }
  for (const auto& letter : o.parked) {
    ACTA_ASSERT(letter.where.number > scanned() && letter.where.number <= o.scanned);
    if (fail((*txn)->park(letter))) return o;
  }
  if (fail((*txn)->set_checkpoint(from_.partition.number(), {o.scanned, o.checksum}))) return o;
  if (fail(g.commit(**txn, session.rows_changed() > 0))) return o;
  o.events = fold_.taken() - taken_before;
  return o;
}

void projector::fold(std::uint64_t to, row_session& session, outcome& o) {
  auto& g = *of_;
  const auto first = o.scanned + 1;
  const auto time = g.type().options.batch_time_max *
                    (to - o.scanned > g.type().options.batch_events_max ? catch_up_factor : 1);
  const auto deadline = std::chrono::steady_clock::now() + time;
  std::size_t bytes = 0; // of records: rows are made of them
  const auto end_at = [&](fold_failure why, std::uint64_t commit) {
    o.refused_commit = commit;
    o.rows_failed = !is_fault_of_event(why.why);
    if (o.rows_failed)
      o.failed = std::move(why.why);
    else
      o.refused = std::move(why);
  };
  auto read = from_.visit(first, [&](const persistence::commit_view& c) {
    if (c.position() > to) return false;
    auto refused =
        fold_.take(c, {.first = first, .but = passing_, .replaying = !g.is_built()}, session);
    if (refused) return end_at(std::move(*refused), c.position()), false;
    ++o.commits;
    o.scanned = c.last_position();
    o.checksum = c.record_checksum();
    bytes += c.record().size();
    if (o.scanned >= to || session.bytes() + bytes > fold_bytes_max) return false;
    return o.commits % commits_per_look != 0 || std::chrono::steady_clock::now() < deadline;
  });
  if (o.refused || o.failed) return;
  if (read && o.commits == 0)
    read = error(persistence::errc::corrupt_commit, "there is no commit at this position",
                 place(first).to_string());
  if (read) return;
  if (read.error().code() != condition::corrupt) {
    o.failed = std::move(read).error();
    return;
  }
  // The commit after the last one read is damaged: it is passed over like an event that cannot be
  // taken, by itself.
  o.refused = {o.scanned + 1, std::move(read).error()};
  o.refused_commit = o.scanned + 1;
  if (o.commits == 0 && !passing_.empty()) step_over_damage(o);
}

void projector::step_over_damage(outcome& o) {
  const auto first = o.scanned + 1;
  const auto parked =
      std::ranges::find(passing_, first, [](const auto& d) { return d.where.number; });
  if (parked == passing_.end()) return;
  auto next = from_.partition.next_commit(first);
  auto end = next ? from_.partition.checkpoint_at(*next - 1)
                  : result<persistence::checkpoint>(std::move(next).error());
  if (!end) {
    o.refused.reset();
    o.failed = std::move(end).error();
    return;
  }
  // Each event that may have been in it, so that it is known for each what has become of it.
  const auto last = std::min(end->position, first + persistence::commit_events_max - 1);
  const auto letter = *parked;
  o.parked.clear();
  for (auto n = first; n <= last; ++n) {
    o.parked.push_back(letter);
    o.parked.back().where.number = n;
  }
  o.scanned = end->position;
  o.checksum = end->checksum;
  o.refused.reset();
}

bool projector::can_write(const persistence::commit_view& c, std::uint64_t last,
                          std::span<const dead_letter> but) {
  auto txn = of_->rows().write();
  if (!txn) return false;
  row_session session(of_->type(), **txn);
  view_fold trial(of_->type(), from_.names);
  const bool taken =
      !trial.take(c, {scanned() + 1, last, but, !of_->is_built()}, session).has_value();
  return taken && session.flush().has_value();
}

result<std::optional<std::uint64_t>> projector::find_guilty() {
  const auto writing = of_->lock_writing();
  std::optional<std::uint64_t> guilty;
  const auto first_wanted = scanned() + 1; // a rebuild may begin within a commit
  auto read = from_.visit(first_wanted, [&](const persistence::commit_view& c) {
    const auto events = fold_.taken_of(c, {.first = first_wanted, .but = passing_});
    if (events.empty() || can_write(c, events.back(), passing_)) return false;
    const auto mends = [&](std::uint64_t without) {
      auto but = passing_;
      but.push_back({place(without), {}, 0, {}});
      return can_write(c, events.back(), but);
    };
    // The first from which on nothing can be written any more.
    auto first = events.size() - 1;
    while (first > 0 && !can_write(c, events[first - 1], passing_)) --first;
    guilty = events[first];
    if (mends(*guilty)) return false;
    // What looked like it may be put right by a later one: is there one without which all is well?
    if (const auto other = std::ranges::find_if(events, mends); other != events.end())
      guilty = *other;
    return false;
  });
  if (!read) return std::move(read).error();
  return guilty;
}

position projector::place(std::uint64_t number) const { return {from_.partition.number(), number}; }

void projector::adopt(const outcome& o) {
  if (!o.parked.empty())
    of_->around().log(log_level::error, "view {}: {} events parked up to {}:{}", of_->type().name,
                      o.parked.size(), from_.partition.number(), o.scanned);
  passing_.clear();
  refusals_.clear();
  troubles_ = 0;
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
  if (troubles_++ == 0)
    of_->around().log(log_level::error, "view {}: {}; trying again", of_->type().name,
                      why.to_string());
  note_trouble(why, std::nullopt);
  pause_for(troubles_);
  return false;
}

bool projector::refuse(const fold_failure& f) {
  const auto where = place(f.position);
  note_trouble(f.why, where);
  const auto& options = of_->type().options;
  const auto attempts = ++refusals_[f.position];
  // A later release wrote it, and goes on from here: nothing is parked that it could read.
  const bool is_newer = f.why.code() == domain_errc::newer_schema;
  if (attempts < options.attempts && !is_newer) {
    pause_for(attempts);
    return false;
  }
  if (options.policy == on_error::stop || is_newer) {
    stopped_.store(true, std::memory_order_release);
    of_->around().log(log_level::error, "view {} has stopped at {} after {} attempts: {}",
                      of_->type().name, where.to_string(), attempts, f.why.to_string());
    return false;
  }
  passing_.push_back({where, of_->around().clock(), attempts, reason_of(f.why)});
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
    refusals_.clear();
    troubles_ = 0;
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
    passing_.push_back({*trouble_at_, of_->around().clock(), refusals_[trouble_at_->number],
                        reason_of(*trouble_)});
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

std::optional<error> projector::why_stopped() const {
  if (!stopped()) return std::nullopt;
  const std::lock_guard lock(status_mutex_);
  return trouble_;
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
