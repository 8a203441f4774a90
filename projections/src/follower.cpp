// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "follower.hpp"

#include <acta/domain/errc.hpp>
#include <acta/projections/errc.hpp>

#include <algorithm>
#include <utility>

namespace acta {

namespace detail {

namespace {

/// Events looked at in one go without a match; then the caller may note how far it is.
constexpr std::uint64_t scan_events_max = 50'000;

bool is_among(std::uint32_t id, const std::vector<std::uint32_t>& ids) {
  return ids.empty() || std::ranges::find(ids, id) != ids.end();
}

} // namespace

void waiting_room::enter(const std::shared_ptr<follower>& f) {
  if (!f->in_room.exchange(true)) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(f);
    anybody_.store(true);
  }
  if (is_closed()) f->tell();
}

void waiting_room::call() {
  if (!anybody_.load()) return;
  std::vector<std::weak_ptr<follower>> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(waiting_);
    anybody_.store(false);
  }
  for (const auto& weak : all)
    if (const auto f = weak.lock()) {
      f->in_room.store(false);
      f->tell();
    }
}

void waiting_room::close() {
  closed_.store(true, std::memory_order_release);
  anybody_.store(true);
  call();
  const std::lock_guard none(journals_);
}

std::shared_lock<std::shared_mutex> waiting_room::reading() {
  std::shared_lock lock(journals_);
  if (is_closed()) lock.unlock();
  return lock;
}

result<std::shared_ptr<follower>> follower::make(surroundings& around,
                                                 std::shared_ptr<waiting_room> room,
                                                 const subscription_options& options) {
  std::shared_ptr<follower> made(new follower(std::move(room)));
  made->room_->subscriptions.fetch_add(1);
  auto aggregates = options.filter.aggregates;
  if (const auto& stream = options.filter.stream; !stream.empty()) {
    const auto slash = stream.find('/');
    if (slash == std::string::npos || !check_stream_id(std::string_view(stream).substr(slash + 1)))
      return error(errc::invalid_argument,
                   "a stream is written aggregate/id, not '" + stream + "'");
    aggregates = {stream.substr(0, slash)};
    made->stream_id_ = stream.substr(slash + 1);
  }
  for (const auto& from : around.feeds) {
    auto& p = made->parts_.emplace_back();
    p.from = from.get();
    for (const auto& name : aggregates) {
      const auto id = from->names->id_of_aggregate(name);
      if (id == 0) return error(domain_errc::unknown_aggregate, "no aggregate '" + name + "'");
      p.aggregates.push_back(id);
    }
    for (const auto& name : options.filter.types) {
      const auto id = from->names->id_of_event(name);
      if (id == 0) return error(domain_errc::unknown_event_type, "no event '" + name + "'");
      p.types.push_back(id);
    }
  }
  for (const auto& first : options.from) {
    if (auto known = around.check_first(first); !known) return std::move(known).error();
    made->parts_[first.partition].scanned = first.number - 1;
  }
  return made;
}

follower::~follower() { room_->subscriptions.fetch_sub(1); }

result<event_page> follower::next(std::size_t max, std::chrono::nanoseconds wait,
                                  std::size_t bytes_max) {
  const auto now = std::chrono::steady_clock::now();
  const auto deadline = wait < std::chrono::steady_clock::time_point::max() - now
                            ? now + wait
                            : std::chrono::steady_clock::time_point::max();
  filling to{{}, std::max<std::size_t>(max, 1), std::max<std::size_t>(bytes_max, 1)};
  for (;;) {
    const auto before = scanned();
    {
      const auto reading = room_->reading();
      if (!reading) return error(projection_errc::stopped, "the runtime has stopped");
      // No partition may starve the others.
      const auto first = std::exchange(first_part_, (first_part_ + 1) % parts_.size());
      for (std::size_t i = 0; i < parts_.size() && !to.is_full(); ++i) {
        auto collected = collect(parts_[(first + i) % parts_.size()], to);
        if (collected) continue;
        // What was read before is handed out; whoever asks for more meets the error again.
        if (to.page.events.empty()) return std::move(collected).error();
        break;
      }
    }
    if (!to.page.events.empty() || scanned() != before ||
        std::chrono::steady_clock::now() >= deadline)
      break;
    {
      const std::lock_guard lock(mutex_);
      has_been_told_ = false;
    }
    room_->enter(shared_from_this());
    if (has_more()) continue;
    std::unique_lock lock(mutex_);
    const auto told = [this] { return has_been_told_; };
    if (deadline == std::chrono::steady_clock::time_point::max())
      told_.wait(lock, told);
    else
      told_.wait_until(lock, deadline, told);
  }
  to.page.scanned = scanned();
  return std::move(to.page);
}

result<void> follower::collect(part& p, filling& to) {
  if (p.scanned >= p.from->partition.last_position()) return {};
  const auto last = p.scanned + scan_events_max;
  return p.from->visit(p.scanned + 1, [&](const persistence::commit_view& c) {
    const auto& header = c.header();
    if (!is_among(header.aggregate_name, p.aggregates) ||
        (!stream_id_.empty() && header.stream_id != stream_id_)) {
      p.scanned = c.last_position();
      return p.scanned < last;
    }
    bool described = false;
    c.for_each_event([&](const persistence::event_view& e) {
      if (e.position <= p.scanned || to.is_full()) return;
      if (is_among(e.name, p.types)) {
        if (!described) p.from->names->describe(c, metadata_);
        described = true;
        to.add(p.from->names->record(e, metadata_));
      }
      p.scanned = e.position;
    });
    return !to.is_full() && p.scanned < last;
  });
}

result<position> follower::skip() {
  const auto reading = room_->reading();
  if (!reading) return error(projection_errc::stopped, "the runtime has stopped");
  for (auto& p : parts_) {
    auto& journal = p.from->partition;
    if (p.scanned >= journal.last_position()) continue;
    const auto first = p.scanned + 1;
    auto read = journal.read_log(first, [](const persistence::commit_view&) { return false; });
    if (read) continue;
    if (read.error().code() != condition::corrupt) return std::move(read).error();
    auto next = journal.next_commit(first);
    if (!next) return std::move(next).error();
    p.scanned = *next - 1;
    return position{journal.number(), first};
  }
  return error(projection_errc::not_possible, "the next commit can be read in every partition");
}

bool follower::has_more() const {
  const auto reading = room_->reading();
  return !reading || std::ranges::any_of(parts_, [](const part& p) {
    return p.scanned < p.from->partition.last_position();
  });
}

void follower::notify(std::function<void()> f) {
  {
    const std::lock_guard lock(mutex_);
    callback_ = std::move(f);
  }
  room_->enter(shared_from_this());
  if (has_more()) tell();
}

void follower::tell() {
  std::function<void()> f;
  {
    const std::lock_guard lock(mutex_);
    has_been_told_ = true;
    f = std::exchange(callback_, nullptr);
  }
  told_.notify_all();
  if (f) call_back(room_->log(), f);
}

std::vector<position> follower::scanned() const {
  std::vector<position> all;
  for (std::uint32_t i = 0; i < parts_.size(); ++i) all.push_back({i, parts_[i].scanned});
  return all;
}

std::uint64_t follower::behind() const {
  std::uint64_t events = 0;
  const auto reading = room_->reading();
  if (!reading) return 0;
  for (const auto& p : parts_) {
    const auto last = p.from->partition.last_position();
    events += last - std::min(last, p.scanned);
  }
  return events;
}

} // namespace detail

subscription::subscription(std::shared_ptr<detail::follower> f) noexcept
    : follower_(std::move(f)) {}
subscription::subscription(subscription&&) noexcept = default;
subscription& subscription::operator=(subscription&&) noexcept = default;
subscription::~subscription() = default;

result<event_page> subscription::next(std::size_t max, std::chrono::nanoseconds wait,
                                      std::size_t bytes_max) {
  return follower_->next(max, wait, bytes_max);
}
result<position> subscription::skip() { return follower_->skip(); }
void subscription::notify(std::function<void()> f) { follower_->notify(std::move(f)); }
std::vector<position> subscription::scanned() const { return follower_->scanned(); }
std::uint64_t subscription::behind() const { return follower_->behind(); }

} // namespace acta
