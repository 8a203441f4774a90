// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "event_stream.hpp"

#include "answer_read.hpp"
#include "event_json.hpp"
#include "json_text.hpp"
#include "sse.hpp"

namespace acta::http {

namespace {

/// A page is in memory as events, as JSON and as text at once, of each stream that is being sent
/// one.
constexpr std::size_t page_events_max = 256;
constexpr std::size_t page_bytes_max = std::size_t{256} << 10;
constexpr std::size_t kept_bytes_max = std::size_t{64} << 10;

std::string checkpoint(const std::vector<position>& positions) {
  std::string text;
  append_positions(text, positions);
  return text;
}

} // namespace

event_stream::event_stream(subscription events, stream_place place)
    : events_(std::move(events)), place_(std::move(place)), seen_(events_.scanned()), told_(seen_) {
}

void event_stream::clear() {
  for (auto* text : {&text_, &json_}) {
    if (text->capacity() > kept_bytes_max) *text = {};
    text->clear();
  }
}

result<void> event_stream::read() {
  clear();
  auto page = events_.next(page_events_max, {}, page_bytes_max);
  if (!page) return pass_over_damage(page.error());
  for (const auto& e : page->events) {
    // Of other partitions only what the client has been sent: it must not skip the rest of the
    // page.
    const auto at = e.metadata.position;
    seen_[at.partition] = at;
    json_.clear();
    append_event(json_, e, true);
    append_sse_event(text_, checkpoint(seen_), e.type, json_);
  }
  if (!page->events.empty()) told_ = seen_;
  seen_ = std::move(page->scanned);
  caught_up_ = events_.behind() == 0;
  return {};
}

result<void> event_stream::pass_over_damage(const error& why) {
  const auto damaged = pass_over(events_, why);
  if (!damaged) return why;
  seen_ = events_.scanned();
  told_ = seen_;
  append_damaged(json_, *damaged, why);
  append_sse_event(text_, checkpoint(seen_), "acta.damaged", json_);
  caught_up_ = events_.behind() == 0;
  return {};
}

void event_stream::beat() {
  clear();
  append_sse_heartbeat(text_, seen_ == told_ ? std::string() : checkpoint(seen_));
  told_ = seen_;
}

} // namespace acta::http
