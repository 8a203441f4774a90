// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The shared thread's part, and what an operator may ask for. The part of the subscriber's own
// threads is in subscriber_work.cpp.
#include "subscriber_runner.hpp"

#include "engine.hpp"

#include <acta/domain/errc.hpp>
#include <acta/projections/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <algorithm>
#include <utility>

namespace acta::detail {

namespace {

/// Positions without an event of this subscriber after which it is written that they have been
/// looked through. Cost of less: a transaction; of more: looking through them again at the next
/// open.
constexpr std::uint64_t skipped_events_max = 16'384;

} // namespace

subscriber_runner::subscriber_runner(engine& e, std::shared_ptr<const subscriber_type> type,
                                     record_opener open_record, std::function<void()> call)
    : engine_(e), type_(std::move(type)), open_record_(std::move(open_record)),
      call_(std::move(call)) {
  const auto seed = uuid::random();
  random_.seed(load_le<std::uint32_t>(reinterpret_cast<const std::byte*>(&seed.bytes[12])));
}

subscriber_runner::~subscriber_runner() {
  stop();
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return threads_.empty(); });
  auto leaving = std::move(ended_);
  lock.unlock();
  for (auto& t : leaving) t.join();
}

result<void> subscriber_runner::open() {
  for (const auto& p : engine_.store().partitions()) {
    start_.push_back({p->number(), type_->options.start == start_at::now ? p->last_position() : 0});
    settled_up_to_.push_back(start_.back().number);
  }
  for (const auto& a : engine_.model().aggregates())
    for (const auto& v : versions_of(*a))
      if (std::ranges::any_of(type_->events,
                              [&](const subscriber_event& e) { return may_be(*a, v, *e.type); }))
        types_.emplace_back(v.name);
  auto begun = begin();
  if (begun || begun.error().code() != condition::unavailable) return begun;
  note_trouble(begun.error());
  engine_.log(log_level::error,
              "subscriber {}: it cannot start before its record can be opened. If it is new, it "
              "begins with what this run stores; if the program ends before, with what the next "
              "run stores",
              type_->name);
  return {};
}

result<void> subscriber_runner::begin() {
  std::vector<position> last;
  for (const auto& p : engine_.store().partitions())
    last.push_back({p->number(), p->last_position()});
  auto record = open_record_();
  if (!record) return std::move(record).error();
  const auto takes = [this](const std::type_info& type) {
    return std::ranges::any_of(type_->events,
                               [&](const subscriber_event& e) { return *e.type == type; });
  };
  auto begun =
      record->begin(start_, last, versions_with(engine_.model(), takes), engine_.unreadable());
  if (!begun) return std::move(begun).error();
  auto& done_up_to = begun->done_up_to;
  auto other_history = name_other_history(*record, done_up_to);
  if (!other_history) return std::move(other_history).error();
  auto paused = record->is_paused();
  if (!paused) return std::move(paused).error();
  subscription_options from;
  for (const auto& p : last) {
    from.from.push_back({p.partition, done_up_to[p.partition] + 1});
    if (const position reached{p.partition, begun->reached[p.partition]};
        done_up_to[p.partition] < reached.number)
      engine_.log(log_level::info,
                  "subscriber {}: goes back from {} to {} for events that an older release of the "
                  "program has passed over",
                  type_->name, reached.to_string(),
                  position{p.partition, done_up_to[p.partition]}.to_string());
  }
  from.filter.types = types_;
  auto events = engine_.read_side().subscribe(from);
  if (!events) return std::move(events).error();
  events_ = std::move(*events);
  versions_ = std::move(begun->versions);
  for (const auto& end : last) known_up_to_.push_back(end.number);
  const std::lock_guard lock(mutex_);
  paused_ = *paused;
  other_history_ = std::move(*other_history);
  written_up_to_ = collected_up_to_ = settled_up_to_ = done_up_to;
  window_ = std::make_unique<subscriber_window>(std::move(done_up_to));
  record_.emplace(std::move(*record));
  return {};
}

bool subscriber_runner::is_open() const {
  const std::lock_guard lock(mutex_);
  return record_.has_value();
}

result<subscriber_record*> subscriber_runner::record() const {
  const std::lock_guard lock(mutex_);
  if (record_) return &*record_;
  const auto why = disk_trouble_.value_or(error(runtime_errc::stopped, "the runtime is stopping"));
  return error(why.code(), "subscriber '" + type_->name + "' cannot start yet: " +
                               std::string(why.detail()) + "; it is tried again");
}

result<std::optional<error>>
subscriber_runner::name_other_history(const subscriber_record& record,
                                      std::span<const std::uint64_t> done_up_to) const {
  auto where = record.other_history();
  if (!where) return std::move(where).error();
  if (!*where) return std::optional<error>{};
  std::string from;
  for (std::uint32_t p = 0; p < done_up_to.size(); ++p)
    from.append(from.empty() ? "" : ", ").append(position{p, done_up_to[p]}.to_string());
  const error why(
      runtime_errc::other_history,
      "its record is of another history of the journal, which has been put back or replaced: it "
      "has handled events up to " +
          **where +
          ", and the journal now has others there, or none. It is paused: resume() goes on "
          "behind " +
          from +
          ", but for what is still known to be done, under keys that receivers may have seen; or "
          "put back the folder that belongs to the journal, or move it away to begin anew");
  engine_.log(log_level::error, "subscriber {}: {}", type_->name, why.to_string());
  return std::optional(why);
}

std::size_t subscriber_runner::room() const {
  if (!may_take() || window_->bytes() >= subscriber_window_bytes_max) return 0;
  const auto held = window_->events() + notes_.size() + unwritten_count_;
  return subscriber_window_events_max - std::min(subscriber_window_events_max, held);
}

bool subscriber_runner::turn() {
  std::list<std::thread> leaving;
  std::string hiring_trouble;
  {
    const std::lock_guard lock(mutex_);
    // Who stops has a deadline, so the disk is asked once more at once.
    if (!stopping_ && clock::now() < not_before_) return false;
    if (stopping_ && !record_) return false;
  }
  if (!is_open()) {
    if (auto begun = begin(); !begun) return note_trouble(begun.error());
    engine_.log(log_level::info, "subscriber {}: its record is open now", type_->name);
  }
  {
    const std::lock_guard lock(mutex_);
    leaving.swap(ended_);
    window_->wake(clock::now());
    hire();
    hiring_trouble.swap(hiring_trouble_);
  }
  if (!hiring_trouble.empty())
    engine_.log(log_level::error, "subscriber {}: no thread can be started: {}", type_->name,
                hiring_trouble);
  for (auto& t : leaving) t.join(); // each has left its last lock
  collect();
  auto more = write().and_then([this] { return read(); }).and_then([this](bool events) {
    auto letters = add_letters();
    return letters ? result<bool>(events || *letters) : std::move(letters);
  });
  if (!more) return note_trouble(more.error());
  bool reads = false;
  {
    const std::lock_guard lock(mutex_);
    disk_failures_ = 0;
    disk_trouble_.reset();
    not_before_ = {};
    reads = !*more && room() > 0;
  }
  if (reads) events_->notify(call_);
  return *more;
}

bool subscriber_runner::note_trouble(const error& why) {
  std::unique_lock lock(mutex_);
  // As long as more comes nothing is left out: the checkpoint would pass it in a later turn.
  const bool gives_up = stopping_ && window_ && window_->taken() == 0 && notes_.empty();
  const bool is_news = disk_failures_++ == 0 || (gives_up && !gave_up_);
  gave_up_ = gives_up;
  if (!stopping_) {
    disk_trouble_ = why;
    const auto& o = engine_.options();
    not_before_ =
        clock::now() + backoff_limit(o.restart_backoff_min, o.restart_backoff_max, disk_failures_);
  }
  lock.unlock();
  if (is_news)
    engine_.log(log_level::error, "subscriber {}: {}; {}", type_->name, why.to_string(),
                gives_up ? "what it has done last is done again" : "trying again");
  return false;
}

subscriber_window::clock::time_point subscriber_runner::next_turn() const {
  const std::lock_guard lock(mutex_);
  if (stopping_) return clock::time_point::max(); // what comes back calls
  if (not_before_ != clock::time_point{}) return not_before_;
  if (!may_take() || !window_) return clock::time_point::max();
  return window_->next_wake().value_or(clock::time_point::max());
}

bool subscriber_runner::is_done() const {
  const std::lock_guard lock(mutex_);
  if (!window_) return stopping_;
  return stopping_ && window_->taken() == 0 && notes_.empty() &&
         (unwritten_count_ == 0 || gave_up_);
}

void subscriber_runner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
}

void subscriber_runner::collect() {
  const std::lock_guard lock(mutex_);
  for (auto& n : notes_) add_note(unwritten_.notes, std::move(n));
  notes_.clear();
  unwritten_count_ = unwritten_.notes.size();
  // A note and the checkpoint that covers it were made under one lock, and go in one transaction.
  const bool at_any_rate = !unwritten_.notes.empty() || stopping_;
  unwritten_.done_up_to.clear();
  for (std::uint32_t p = 0; p < window_->partitions(); ++p) {
    const auto now = collected_up_to_[p] = window_->done_up_to(p);
    if (now > written_up_to_[p] && (at_any_rate || now - written_up_to_[p] >= skipped_events_max))
      unwritten_.done_up_to.push_back({p, now});
  }
}

result<void> subscriber_runner::write() {
  if (!unwritten_.notes.empty() || !unwritten_.done_up_to.empty())
    if (auto written = record_->write(unwritten_.notes, unwritten_.done_up_to); !written)
      return written;
  for (const auto& at : unwritten_.done_up_to) written_up_to_[at.partition] = at.number;
  const auto written = std::exchange(unwritten_, {});
  const std::lock_guard lock(mutex_);
  using kind = subscriber_note::kind;
  for (const auto& n : written.notes)
    if (n.what == kind::letter_done || n.what == kind::letter_failed)
      window_->release_letter(n.where);
  unwritten_count_ = 0;
  settled_up_to_ = collected_up_to_;
  return {};
}

result<void> subscriber_runner::lose_commit() {
  auto lost = pass_over_damage(engine_, *events_);
  if (!lost) return std::move(lost).error();
  engine_.log(log_level::error,
              "subscriber {}: a damaged commit is passed over, with a dead letter for each of {}, "
              "which may have been its events: {}",
              type_->name, lost->text(), lost->why.to_string());
  lost_ = std::move(*lost);
  return {};
}

result<bool> subscriber_runner::park_lost() {
  std::size_t most = 0;
  {
    const std::lock_guard lock(mutex_);
    most = room();
  }
  if (most == 0) return false;
  const auto partition = lost_->first.partition;
  const auto last = std::min(lost_->last, lost_->first.number + most - 1);
  // A letter that was kept before a restart may have been dropped since.
  std::vector<position> all;
  for (auto n = lost_->first.number; n <= last; ++n) all.push_back({partition, n});
  auto past = record_->look_up(all);
  if (!past) return std::move(past).error();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!(*past)[i].done)
        notes_.push_back({subscriber_note::kind::parked, all[i], (*past)[i].failed_attempts,
                          reason_of(lost_->why), engine_.now()});
    window_->set_scanned(all.back());
  }
  lost_->first.number = last + 1;
  if (last == lost_->last) lost_.reset();
  return true;
}

result<bool> subscriber_runner::read() {
  if (lost_) return park_lost();
  if (!page_) {
    std::size_t events = 0, bytes = 0;
    {
      const std::lock_guard lock(mutex_);
      events = room();
      bytes = subscriber_window_bytes_max - std::min(subscriber_window_bytes_max, window_->bytes());
    }
    if (events == 0) return false;
    const auto before = events_->scanned();
    auto page = events_->next(events, {}, std::min(bytes, event_page_bytes_max));
    if (!page) {
      if (page.error().code() == projection_errc::stopped) return false;
      if (page.error().code() == condition::corrupt)
        return lose_commit().and_then([this] { return park_lost(); });
      return std::move(page).error();
    }
    if (page->events.empty() && page->scanned == before) return false;
    page_ = std::move(*page);
  }
  // A page is not given again by the subscription, so it stays here until it is in the window.
  if (auto added = add(*page_); !added) return std::move(added).error();
  page_.reset();
  return true;
}

result<void> subscriber_runner::add(event_page& page) {
  std::vector<position> known;
  for (const auto& e : page.events)
    if (const auto& at = e.metadata.position; at.number <= known_up_to_[at.partition])
      known.push_back(at);
  std::vector<subscriber_record::past> past;
  if (!known.empty()) {
    auto found = record_->look_up(known);
    if (!found) return std::move(found).error();
    past = std::move(*found);
  }
  const std::lock_guard lock(mutex_);
  std::size_t next_known = 0;
  for (auto& e : page.events) {
    const auto at = e.metadata.position;
    subscriber_record::past before;
    if (at.number <= known_up_to_[at.partition]) before = past[next_known++];
    if (before.done || is_passed_over(e)) continue;
    // The clock may have been set since.
    const auto pause = std::min<std::chrono::microseconds>(
        before.not_before - std::min(engine_.now(), before.not_before), retry_after_max);
    window_->add(std::move(e), before.failed_attempts,
                 pause.count() > 0 ? std::optional(clock::now() + pause) : std::nullopt);
  }
  for (const auto& at : page.scanned) window_->set_scanned(at);
  hire();
  return {};
}

subscriber_status subscriber_runner::status() const {
  subscriber_status s;
  s.subscriber = type_->name;
  if (auto known = record()) s.dead_letters = (*known)->dead_letter_count().value_or(0u);
  const std::lock_guard lock(mutex_);
  for (const auto& p : engine_.store().partitions()) {
    const auto done = settled_up_to_[p->number()];
    s.done.push_back({p->number(), done});
    s.behind += p->last_position() - std::min(done, p->last_position());
  }
  if (window_) {
    s.waiting = window_->events();
    s.handling = window_->taken();
    s.retrying = window_->waiting();
  }
  s.delivered = delivered_;
  s.failures = failures_;
  if (disk_trouble_) {
    s.trouble = disk_trouble_;
  } else if (s.retrying > 0) {
    s.trouble = trouble_;
    s.trouble_at = trouble_at_;
  }
  if (s.trouble) s.state = subscriber_state::retrying;
  if (paused_) {
    s.state = subscriber_state::paused;
    if (other_history_) s.trouble = other_history_;
  }
  return s;
}

result<void> subscriber_runner::set_paused(bool paused) {
  auto known = record();
  if (!known) return std::move(known).error();
  if (auto set = (*known)->set_paused(paused); !set) return set;
  {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
    if (!paused) other_history_.reset();
  }
  call_();
  return {};
}

result<std::vector<dead_letter>> subscriber_runner::dead_letters(std::size_t limit,
                                                                 position from) const {
  auto known = record();
  if (!known) return std::move(known).error();
  return (*known)->dead_letters(limit, from);
}

error subscriber_runner::no_dead_letter(position where) const {
  return error(errc::not_found,
               "subscriber '" + type_->name + "' has no dead letter at " + where.to_string());
}

result<void> subscriber_runner::drop(position where) {
  auto known = record();
  if (!known) return std::move(known).error();
  auto gone = (*known)->drop(where);
  if (!gone) return std::move(gone).error();
  if (!*gone) return no_dead_letter(where);
  return {};
}

result<recorded_event> subscriber_runner::event_at(position where) const {
  std::optional<recorded_event> found;
  if (where.partition < engine_.partitions()) {
    const auto& names = engine_.read_side().names(where.partition);
    metadata of_commit;
    auto read = engine_.store().partitions()[where.partition]->read_log(
        where.number, [&](const persistence::commit_view& c) {
          names.describe(c, of_commit);
          c.for_each_event([&](const persistence::event_view& e) {
            if (e.position == where.number) found = names.record(e, of_commit);
          });
          return false;
        });
    if (!read) return std::move(read).error();
  }
  if (!found) return error(errc::not_found, "the journal has no event at " + where.to_string());
  return std::move(*found);
}

bool subscriber_runner::takes(const recorded_event& e) const {
  return std::ranges::find(types_, e.type) != types_.end();
}

bool subscriber_runner::is_passed_over(const recorded_event& e) const {
  const auto& at = e.metadata.position;
  return !e.check_reader() || versions_[at.partition].has_taken(e.type, e.schema, at.number);
}

result<void> subscriber_runner::retry(position where) {
  auto known = record();
  if (!known) return std::move(known).error();
  if (auto claimed = claim_letter(where); !claimed) {
    if (claimed.error().code() != projection_errc::busy) return claimed;
    // Its success may be on disk while the window still holds it.
    const auto noted = (*known)->find_dead_letter(where);
    return noted && !*noted ? result<void>(no_dead_letter(where)) : std::move(claimed);
  }
  // The record is asked after the claim: nothing that is still to be written can make it wrong.
  std::optional<dead_letter> letter;
  auto event = (*known)->find_dead_letter(where).and_then([&](std::optional<dead_letter> found) {
    letter = std::move(found);
    return letter ? event_at(where) : result<recorded_event>(no_dead_letter(where));
  });
  // Of a commit that was damaged, and is put back: its other events are nothing to this subscriber.
  const bool is_nothing = event && !takes(*event);
  result<void> dropped = is_nothing ? drop(where) : result<void>{};
  const std::lock_guard lock(mutex_);
  if (is_nothing) {
    window_->release_letter(where);
    return dropped;
  }
  if (!event) {
    window_->release_letter(where);
    return std::move(event).error();
  }
  window_->add_letter(std::move(*event), letter->attempts);
  hire();
  return {};
}

result<void> subscriber_runner::claim_letter(position where) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return error(runtime_errc::stopped, "the runtime is stopping");
  if (window_->has_letter(where))
    return error(projection_errc::busy,
                 "the dead letter at " + where.to_string() + " is being tried again");
  if (window_->letters() >= subscriber_letters_max)
    return error(runtime_errc::overloaded, "too many dead letters are being tried again");
  window_->claim_letter(where);
  return {};
}

result<std::uint64_t> subscriber_runner::retry_all() {
  auto known = record();
  if (!known) return std::move(known).error();
  auto count = (*known)->dead_letter_count();
  if (!count) return count;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return error(runtime_errc::stopped, "the runtime is stopping");
    retry_all_from_ = position{};
    retry_all_left_ = *count;
  }
  call_();
  return count;
}

result<bool> subscriber_runner::add_letters() {
  position from;
  std::size_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!retry_all_from_ || stopping_) return false;
    from = *retry_all_from_;
    wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(subscriber_letters_max - window_->letters(), retry_all_left_));
    if (wanted == 0 && retry_all_left_ > 0) return false;
  }
  auto letters = record_->dead_letters(wanted, from);
  if (!letters) return std::move(letters).error();
  for (const auto& letter : *letters) {
    if (auto added = retry(letter.where); !added && added.error().code() != projection_errc::busy)
      engine_.log(log_level::warning, "subscriber {}: {}", type_->name, added.error().to_string());
    from = {letter.where.partition, letter.where.number + 1};
  }
  const std::lock_guard lock(mutex_);
  retry_all_left_ -= letters->size();
  if (letters->size() < wanted || retry_all_left_ == 0)
    retry_all_from_.reset();
  else
    retry_all_from_ = from;
  return !letters->empty();
}

} // namespace acta::detail
