// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Memory and outbox: what is noted, what leaves memory, and what comes back to it.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"

#include <acta/domain/errc.hpp>
#include <acta/domain/process.hpp>

#include <algorithm>
#include <map>

namespace acta::detail {

void process_runner::note_change(std::chrono::milliseconds delay) {
  const auto until = std::chrono::steady_clock::now() + delay;
  flush_at_ = flush_at_ ? std::min(*flush_at_, until) : until;
}

void process_runner::count_change(std::size_t bytes) {
  ++changes_count_;
  changes_bytes_ += bytes;
}

result<void> process_runner::flush() {
  if (!flush_at_) return {};
  collect_added();
  collect_checkpoints();
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
            i = set_aside(*t, *list, i, no_json);
            continue;
          }
        }
        ++i;
      }
  std::ranges::sort(
      changes_.added, {}, [](const auto& a) -> const auto& { return a.first; });
}

void process_runner::collect_checkpoints() {
  changes_.looked_through.clear();
  std::map<position, persistence::checkpoint> proofs;
  const auto proof_of = [&](position at) {
    const auto [known, is_new] = proofs.try_emplace(at);
    if (is_new) known->second = engine_.journal_proof().checkpoint_at(at);
    return known->second;
  };
  for (const auto& f : followers_)
    for (const auto& at : scanned_)
      if (const auto up_to = std::max(at.number, f.start[at.partition]);
          up_to != f.noted[at.partition])
        changes_.looked_through.push_back(
            {f.process->name, at.partition, proof_of({at.partition, up_to})});
}

void process_runner::after_flush() {
  changes_.versions.clear();
  for (auto& f : followers_)
    for (const auto& at : scanned_)
      f.noted[at.partition] = std::max(at.number, f.start[at.partition]);
  for (const auto& [entry, version] : fired_done_)
    if (const auto f = fired_.find(entry); f != fired_.end() && f->second == version)
      fired_.erase(f);
  fired_done_.clear();
  changes_ = {};
  changes_count_ = 0;
  changes_bytes_ = 0;
  flush_at_.reset();
  next_due_unwritten_.reset();
  std::vector<target*> noted;
  noted.swap(listed_);
  for (auto* t : noted) {
    for (auto& i : t->items) {
      i.stored = !i.is_timer() && !i.without_json;
      if (i.event) std::string().swap(i.what.json); // the payload is enough to send it
    }
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
  if (t.items.empty()) return;
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
    count_out(t, i);
    t.items.pop_back();
  }
  empty(t, t.items.front());
}

void process_runner::empty(target& t, item& i) {
  if (!i.stored || i.emptied || i.bytes <= sizeof(item) + held_up_bytes_max) return;
  count_out(t, i);
  std::string().swap(i.what.json);
  i.payload = {};
  i.event.reset();
  i.emptied = true;
  count_in(t, i);
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
  if (!may_load()) return {};
  std::vector<target*> loaded;
  std::size_t rows = 0;
  auto next = load_from_;
  std::map<std::string, absent_target, std::less<>> absent;
  auto ended = outbox_.visit(row_of_delivery(load_from_, {}), [&](const outbox::stored& row) {
    const auto aggregate = row.target.substr(0, row.target.find('/'));
    if (engine_.find_route(aggregate) == nullptr) {
      auto& a = absent.try_emplace(std::string(aggregate), row).first->second;
      ++a.deliveries;
      return true;
    }
    if (loaded.empty() || loaded.back()->name != row.target) {
      if (active_ >= waiting_max || active_bytes_ >= waiting_bytes_max) {
        next = row.target;
        return false;
      }
      loaded.push_back(&find_target(std::string(row.target)));
      rows = 0;
    }
    auto& t = *loaded.back();
    if (t.attempts >= stuck_attempts) ++waiting_stuck_;
    if (rows < target_load_max && t.bytes < target_load_bytes_max)
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
  for (const auto& [aggregate, a] : absent) show_absent(aggregate, a);
  for (auto* t : loaded) {
    if (t->held_up()) list(*t), note_change(outbox_delay);
    dispatch(*t);
  }
  return {};
}

process_runner::absent_target::absent_target(const outbox::stored& row) : target(row.target) {
  auto d = row.decode();
  if (!d) return;
  command = std::move(d->command);
  const auto by = d->attributes.find(std::string(process_attribute));
  sender = by == d->attributes.end() ? target : by->second;
}

void process_runner::show_absent(const std::string& aggregate, const absent_target& a) {
  waiting_stuck_ += a.deliveries;
  auto why = error(domain_errc::unknown_aggregate, "this program has no aggregate '" + aggregate +
                                                       "'; " + std::to_string(a.deliveries) +
                                                       " deliveries for it wait until it is back");
  engine_.log(log_level::warning, "processes: {}", why.to_string());
  const std::lock_guard lock(figures_mutex_);
  stuck_.insert_or_assign(
      aggregate, stuck_delivery{a.target, a.command, a.sender, 0, std::move(why), engine_.now()});
}

result<void> process_runner::tell_unreadable() {
  struct version {
    std::uint64_t deliveries = 0;
    std::string first, why;
  };
  std::map<std::string, version> all; // by `account.credit@2`
  auto ended = outbox_.visit({}, [&](const outbox::stored& row) {
    const auto d = row.decode();
    const auto* to = d ? engine_.find_route(d->aggregate) : nullptr;
    if (to == nullptr) return true;
    auto& v = all[d->aggregate + '.' + d->command];
    if (v.deliveries++ > 0) return true;
    const auto* type = to->type->find_command(d->command);
    if (type == nullptr)
      v.why = "there is no such command";
    else if (auto read = type->from_kept(kept_name::parse(d->command).schema, d->json); !read)
      v.why = read.error().to_string();
    v.first = row.key.from.to_string();
    return true;
  });
  if (!ended) return std::move(ended).error();
  for (const auto& [name, v] : all)
    if (!v.why.empty())
      engine_.log(
          log_level::warning,
          "processes: {} deliveries of {} wait that this program cannot read, the first "
          "asked for at {}: {}; they are kept, and show as stuck until a program reads them",
          v.deliveries, name, v.first, v.why);
  return {};
}

result<void> process_runner::reload(target& t) {
  std::uint64_t read = 0;
  bool more = false;
  auto ended = outbox_.visit(row_of_delivery(t.name, {}), [&](const outbox::stored& row) {
    if (row.target != t.name) return false;
    more = read == target_load_max || t.bytes >= target_load_bytes_max;
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
  return std::erase_if(t.items, [&](const item& i) {
    if (i.stored) count_out(t, i);
    return i.stored;
  });
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
    count_change(row.row.size());
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
  count_in(t, t.items.back());
  return true;
}

} // namespace acta::detail
