// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_window.hpp"

#include <acta/core/assert.hpp>

#include <algorithm>

namespace acta::detail {

subscriber_window::lane& subscriber_window::lane_of(const recorded_event& e) {
  const auto [at, is_new] = lanes_.try_emplace(e.metadata.stream);
  if (is_new) at->second.stream = e.metadata.stream;
  return at->second;
}

void subscriber_window::push(lane& to, std::unique_ptr<item> i, std::size_t at) {
  i->in = &to;
  ++events_;
  bytes_ += i->event.payload.size();
  to.queue.insert(to.queue.begin() + static_cast<std::ptrdiff_t>(at), std::move(i));
  if (to.queue.size() == 1) ready_.push_back(&to);
}

void subscriber_window::add(recorded_event event, unsigned attempts,
                            std::optional<clock::time_point> not_before) {
  const auto where = event.metadata.position;
  unfinished_[where.partition].insert(where.number);
  auto& to = lane_of(event);
  auto i = std::make_unique<item>();
  i->event = std::move(event);
  i->attempts = attempts;
  push(to, std::move(i), to.queue.size());
  if (!not_before || to.queue.size() != 1) return;
  ready_.pop_back();
  waiting_.emplace(*not_before, &to);
}

void subscriber_window::add_letter(recorded_event event, unsigned attempts) {
  auto& to = lane_of(event);
  auto at = std::min<std::size_t>(to.queue.size(), 1); // the front may be under way
  while (at < to.queue.size() && to.queue[at]->is_letter &&
         to.queue[at]->where() < event.metadata.position)
    ++at;
  auto i = std::make_unique<item>();
  i->event = std::move(event);
  i->attempts = attempts;
  i->is_letter = true;
  push(to, std::move(i), at);
}

void subscriber_window::set_scanned(position scanned) {
  scanned_[scanned.partition] = scanned.number;
}

subscriber_window::item* subscriber_window::take() {
  if (ready_.empty()) return nullptr;
  auto* from = ready_.front();
  ready_.pop_front();
  ++taken_;
  return from->queue.front().get();
}

void subscriber_window::finish(item& i) {
  auto& from = *i.in;
  ACTA_ASSERT(taken_ > 0 && from.queue.front().get() == &i);
  --taken_;
  --events_;
  bytes_ -= i.event.payload.size();
  if (!i.is_letter) unfinished_[i.where().partition].erase(i.where().number);
  from.queue.pop_front();
  if (!from.queue.empty())
    ready_.push_back(&from);
  else
    lanes_.erase(lanes_.find(from.stream));
}

void subscriber_window::retry_at(item& i, clock::time_point when) {
  ACTA_ASSERT(taken_ > 0 && i.in->queue.front().get() == &i);
  --taken_;
  waiting_.emplace(when, i.in);
}

void subscriber_window::wake(clock::time_point now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.push_back(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

std::optional<subscriber_window::clock::time_point> subscriber_window::next_wake() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::uint64_t subscriber_window::done_up_to(std::uint32_t partition) const {
  const auto& open = unfinished_[partition];
  return open.empty() ? scanned_[partition] : *open.begin() - 1;
}

std::chrono::milliseconds backoff_limit(std::chrono::milliseconds min,
                                        std::chrono::milliseconds max, unsigned attempts) noexcept {
  auto limit = min;
  for (unsigned n = 1; n < attempts; ++n) {
    if (limit > max / 2) return max;
    limit *= 2;
  }
  return std::min(limit, max);
}

} // namespace acta::detail
