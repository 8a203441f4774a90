// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Memory and outbox: what is noted, what leaves memory, and what comes back to it.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"

#include <algorithm>

namespace acta::detail {

void process_runner::note_change(std::chrono::milliseconds delay) {
  const auto until = std::chrono::steady_clock::now() + delay;
  flush_at_ = flush_at_ ? std::min(*flush_at_, until) : until;
}

result<void> process_runner::flush() {
  if (!flush_at_) return {};
  collect_added();
  // Timers that are set before the one last fired would be passed over.
  if (!fire_after_.empty() && std::ranges::any_of(changes_.timers, [&](const auto& c) {
        return c.second.set && entry_of_timer(c.second.set->due, c.first) <= fire_after_;
      }))
    fire_after_.clear();
  auto txn = outbox_.write();
  if (!txn) return std::move(txn).error();
  if (auto applied = txn->apply(changes_); !applied) return applied;
  auto due = txn->next_due(fire_after_);
  if (!due) return std::move(due).error();
  auto timers = txn->timers();
  if (!timers) return std::move(timers).error();
  at(crash_point::before_outbox_commit);
  if (auto committed = txn->commit(); !committed) return committed;
  at(crash_point::after_outbox_commit);
  next_due_ = *due;
  counted_.timers = *timers;
  after_flush();
  return {};
}

void process_runner::collect_added() {
  changes_.added.clear();
  for (auto* t : listed_)
    for (auto* list : {&t->items, &t->late})
      for (auto i = list->begin(); i != list->end();) {
        if (!i->stored && !i->is_timer()) {
          if (make_json(*i)) {
            changes_.added.emplace_back(row_of_delivery(t->name, i->key), &i->what);
          } else if (!i->sent) { // else its answer says the same
            i = set_aside(*t, *list, i);
            continue;
          }
        }
        ++i;
      }
  std::ranges::sort(
      changes_.added, {}, [](const auto& a) -> const auto& { return a.first; });
}

void process_runner::after_flush() {
  for (const auto& [entry, version] : fired_done_)
    if (const auto f = fired_.find(entry); f != fired_.end() && f->second == version)
      fired_.erase(f);
  fired_done_.clear();
  changes_ = {};
  changes_count_ = 0;
  flush_at_.reset();
  next_due_unwritten_.reset();
  std::vector<target*> noted;
  noted.swap(listed_);
  for (auto* t : noted) {
    for (auto& i : t->items) i.stored = !i.is_timer();
    // Who is not loaded yet is counted when it is.
    if (!is_beyond_loaded(t->name))
      t->on_disk += t->late.size();
    else if (t->attempts >= stuck_attempts)
      waiting_stuck_ -= t->late.size();
    t->late.clear();
    t->listed = false;
    if (t->held_up()) spill(*t);
    if (t->items.empty() && t->on_disk > 0)
      want_reload(*t);
    else
      forget_if_empty(*t);
  }
}

void process_runner::spill(target& t) {
  if (t.items.size() <= 1) return;
  if (t.in_flight > 0) { // not before it is known which of them are answered
    list(t);
    return note_change(outbox_delay);
  }
  while (t.items.size() > 1) {
    const auto& i = t.items.back();
    if (i.is_timer()) {
      fired_.erase(i.entry);
      left_out_ = true;
      --waiting_;
      if (t.attempts >= stuck_attempts) --waiting_stuck_;
    } else {
      ++t.on_disk;
    }
    t.items.pop_back();
  }
}

bool process_runner::is_beyond_loaded(std::string_view name) const {
  return loading_ && name >= load_from_;
}

result<void> process_runner::load_more() {
  std::vector<target*> wanted;
  wanted.swap(reloads_);
  while (!wanted.empty()) {
    wanted.back()->reload = false;
    if (auto loaded = reload(*wanted.back()); !loaded) {
      wanted.back()->reload = true;
      reloads_.insert(reloads_.end(), wanted.begin(), wanted.end());
      return loaded;
    }
    wanted.pop_back();
  }
  if (!loading_ || active_ >= waiting_max / 2) return {};
  std::vector<target*> loaded;
  std::size_t rows = 0;
  auto next = load_from_;
  auto ended = outbox_.visit(row_of_delivery(load_from_, {}), [&](const outbox::stored& row) {
    if (loaded.empty() || loaded.back()->name != row.target) {
      if (active_ >= waiting_max) {
        next = row.target;
        return false;
      }
      loaded.push_back(&find_target(std::string(row.target)));
      rows = 0;
    }
    auto& t = *loaded.back();
    if (t.attempts >= stuck_attempts) ++waiting_stuck_;
    if (rows < target_load_max)
      rows += load_row(t, row) ? 1 : 0;
    else
      ++t.on_disk;
    return true;
  });
  if (!ended) {
    for (auto* t : loaded) {
      const auto taken_back = unload(*t) + std::exchange(t->on_disk, 0);
      if (t->attempts >= stuck_attempts) waiting_stuck_ -= taken_back;
      forget_if_empty(*t);
    }
    return std::move(ended).error();
  }
  loading_ = !*ended;
  load_from_ = std::move(next);
  for (auto* t : loaded) {
    if (t->held_up()) list(*t), note_change(outbox_delay);
    dispatch(*t);
  }
  return {};
}

result<void> process_runner::reload(target& t) {
  std::uint64_t read = 0;
  bool more = false;
  auto ended = outbox_.visit(row_of_delivery(t.name, {}), [&](const outbox::stored& row) {
    if (row.target != t.name) return false;
    more = read == target_load_max;
    if (more) return false;
    load_row(t, row);
    ++read;
    return true;
  });
  if (!ended) {
    unload(t);
    return std::move(ended).error();
  }
  t.on_disk -= std::min(read, t.on_disk);
  if (!more) waiting_ -= std::exchange(t.on_disk, 0); // what is not there is not waited for
  if (t.held_up()) list(t), note_change(outbox_delay);
  dispatch(t);
  return {};
}

std::size_t process_runner::unload(target& t) {
  const auto taken_back = std::erase_if(t.items, [](const item& i) { return i.stored; });
  if (!t.held_up()) active_ -= taken_back;
  return taken_back;
}

bool process_runner::load_row(target& t, const outbox::stored& row) {
  auto d = row.decode();
  if (!d) {
    if (std::ranges::find(changes_.unreadable, row.row) != changes_.unreadable.end())
      return false; // by a load that failed behind it
    engine_.log(log_level::error,
                "processes: a delivery for {} cannot be read and is set aside: {}", t.name,
                d.error().to_string());
    changes_.unreadable.emplace_back(row.row);
    ++changes_count_;
    note_change(std::chrono::milliseconds{0});
    ++counted_.set_aside;
    --waiting_;
    if (t.attempts >= stuck_attempts) --waiting_stuck_;
    return false;
  }
  item i;
  i.key = row.key;
  i.what = std::move(*d);
  i.stored = true;
  if (i.key.kind == delivery_kind::command)
    if (const auto by = i.what.attributes.find(std::string(process_attribute));
        by != i.what.attributes.end())
      i.sender = sender_of(by->second);
  t.items.push_back(std::move(i));
  if (!t.held_up()) ++active_;
  return true;
}

} // namespace acta::detail
