// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "view_unit.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace acta {

namespace {

using persistence::open_view_store;

/// The serving generation is stopped for the last steps when the other is this close.
constexpr std::uint64_t close_events = 10'000;

error not_possible(const view_type& v, std::string_view what) {
  return error(projection_errc::not_possible, "view '" + v.name + "' " + std::string(what));
}

} // namespace

view_unit::view_unit(std::shared_ptr<const view_type> type, surroundings& around)
    : type_(std::move(type)), around_(around) {}

std::filesystem::path view_unit::folder_of(std::uint32_t number) const {
  return around_.store.folder() / "views" / (type_->name + '@' + std::to_string(number));
}

result<void> view_unit::open() {
  std::map<std::uint32_t, generation_ptr> found;
  std::error_code code;
  const auto views = around_.store.folder() / "views";
  if (!in_memory() && std::filesystem::exists(views, code)) {
    const auto prefix = type_->name + '@';
    for (std::filesystem::directory_iterator at(views, code), end; !code && at != end;
         at.increment(code)) {
      const auto name = at->path().filename().string();
      if (!name.starts_with(prefix)) continue;
      if (name.ends_with(given_up_suffix)) {
        std::filesystem::remove_all(at->path(), code);
        continue;
      }
      std::uint32_t number = 0;
      const auto* last = name.data() + name.size();
      if (std::from_chars(name.data() + prefix.size(), last, number).ptr != last || number == 0)
        continue;
      next_number_ = std::max(next_number_, number + 1);
      auto opened = open_generation(number);
      if (opened) {
        found[number] = std::move(*opened);
        continue;
      }
      if (opened.error().code() == condition::io || opened.error().code() == condition::unavailable)
        return std::move(opened).error(); // the machine's fault, not the data's
      around_.log(log_level::warning, "view {}: generation {} is unusable and made anew: {}",
                  type_->name, number, opened.error().to_string());
      std::filesystem::remove_all(at->path(), code);
    }
    if (code) return error(errc::io, "reading " + views.string() + ": " + code.message());
  }

  const std::lock_guard lock(mutex_);
  // The newest that has once caught up serves; a newer one was being built.
  for (auto& [number, g] : found) {
    if (g->is_built()) {
      if (live_) live_->discard();
      if (candidate_) candidate_->discard();
      candidate_.reset();
      live_ = std::move(g);
    } else {
      if (candidate_) candidate_->discard();
      candidate_ = std::move(g);
    }
  }
  if (candidate_ && !candidate_->is_current()) {
    candidate_->discard();
    candidate_.reset();
  }
  if (live_ && !live_->is_current()) {
    around_.log(log_level::info, "view {}: its definition has changed; building it anew",
                type_->name);
    if (!live_->can_be_read()) {
      live_->discard();
      live_.reset();
    }
  }
  if (!candidate_ && (!live_ || !live_->is_current())) {
    bool empty = true;
    for (const auto& from : around_.feeds) empty = empty && from->partition.last_position() == 0;
    auto made = make_generation({}, empty && !live_);
    if (!made) return std::move(made).error();
    (empty && !live_ ? live_ : candidate_) = std::move(*made);
  }
  for (const auto& from : around_.feeds) goal_.push_back(from->partition.last_position());
  if (auto reading = any()->rows().read())
    if (auto head = (*reading)->head()) paused_ = head->paused;
  if (paused_)
    around_.log(log_level::warning, "view {} is paused since an earlier run", type_->name);
  let_run();
  return {};
}

result<generation_ptr> view_unit::open_generation(std::uint32_t number) {
  const persistence::view_identity identity{around_.store.id(), type_->name,
                                            type_->layout_fingerprint, type_->fingerprint};
  persistence::view_store_options options;
  options.map_bytes = around_.options.map_bytes;
  auto rows = in_memory() ? persistence::make_scratch_view_store(identity, options)
                          : open_view_store(folder_of(number), identity, options);
  if (!rows) return std::move(rows).error();
  auto head = [&]() -> result<persistence::view_head> {
    auto reading = (*rows)->read();
    if (!reading) return std::move(reading).error();
    return (*reading)->head();
  }();
  if (!head) return std::move(head).error();
  auto made = std::make_shared<generation>(*type_, around_, number, std::move(*rows), *head,
                                           [this](generation& g) { after_turn(g); });
  if (auto started = made->start(); !started) {
    made->leave();
    return std::move(started).error();
  }
  return made;
}

result<generation_ptr> view_unit::make_generation(std::span<const position> from, bool built) {
  const auto number = next_number_++;
  auto made = open_generation(number);
  if (!made) return made;
  const auto failed = [&](result<void> r) -> result<generation_ptr> {
    (*made)->discard();
    return std::move(r).error();
  };
  if (!from.empty()) {
    auto begun = (*made)->begin_at(from);
    if (!begun) return failed(std::move(begun));
  }
  if (built) {
    // The pause first: as soon as this one is built, a restart takes it for the view.
    if (paused_)
      if (auto set = (*made)->set_paused(true); !set) return failed(std::move(set));
    if (auto set = (*made)->set_built(); !set) return failed(std::move(set));
  }
  return made;
}

void view_unit::close() {
  {
    const std::lock_guard one(operations_);
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto* g : {&live_, &candidate_})
      if (*g) std::exchange(*g, nullptr)->leave();
    show();
  }
  waiting_.give_up_all(error(projection_errc::stopped, "the runtime is stopping"));
}

void view_unit::let_run() {
  show();
  if (live_) live_->advance(!paused_ && live_->is_current());
  if (candidate_) candidate_->advance(!paused_);
}

result<generation_ptr> view_unit::serving() const {
  const auto now = look();
  if (now.live) return now.live;
  if (!now.candidate) return error(projection_errc::stopped, "the runtime is stopping");
  const auto s = now.candidate->status();
  auto text =
      "view '" + type_->name + "' is being built: " + std::to_string(s.behind) + " events to go";
  if (s.time_left) text += ", about " + std::to_string(s.time_left->count()) + " s";
  return error(projection_errc::view_building, std::move(text), type_->name);
}

error view_unit::late(position until) const {
  const auto now = look();
  auto text = "committed, but view '" + type_->name + "' is late: it is at ";
  if (now.live) {
    const auto s = now.live->status();
    text += s.scanned[until.partition].to_string() + ", asked for " + until.to_string();
    if (now.paused)
      text += "; it is paused";
    else if (s.state != view_state::running)
      text += "; it is " + std::string(to_string(s.state));
    if (s.trouble) text += ": " + s.trouble->to_string();
  } else {
    text += "its first build, asked for " + until.to_string();
  }
  return error(projection_errc::view_late, std::move(text), type_->name);
}

void view_unit::when_visible(position until, std::chrono::steady_clock::time_point deadline,
                             waiting::callback f) {
  // Added before the look: what is reached in between answers it.
  const auto number = waiting_.add(until, std::move(f));
  const auto now = look();
  if (now.closed)
    return waiting_.give_up(number, error(projection_errc::stopped, "the runtime is stopping"));
  if (now.live && now.live->scanned(until.partition) >= until.number)
    return waiting_.advance(until);
  const auto left = deadline - std::chrono::steady_clock::now();
  if (left <= std::chrono::nanoseconds{0}) return waiting_.give_up(number, late(until));
  around_.after(left, [this, number, until] { waiting_.give_up(number, late(until)); });
}

void view_unit::wake(std::uint32_t partition) noexcept {
  const auto now = look();
  for (const auto& g : {now.live, now.candidate})
    if (g) g->wake(partition);
}

void view_unit::after_turn(generation& g) {
  if (look().candidate.get() == &g) {
    const std::lock_guard lock(mutex_);
    if (candidate_.get() == &g) consider_swap(g);
  }
  if (look().live.get() == &g) tell(g);
}

void view_unit::tell(const generation& g) {
  for (const auto& reached : g.scanned()) waiting_.advance(reached);
}

void view_unit::consider_swap(generation& g) {
  if (paused_) return;
  if (g.in_trouble()) { // it does not come any closer now
    if (live_ && !live_->advancing()) live_->advance(live_->is_current());
    return;
  }
  const auto has_come_to = [&](auto target) {
    for (std::uint32_t p = 0; p < around_.feeds.size(); ++p)
      if (g.scanned(p) < target(p)) return false;
    return true;
  };
  if (live_) {
    const auto live_at = [&](std::uint32_t p) { return live_->scanned(p); };
    if (live_->advancing()) {
      if (!has_come_to([&](std::uint32_t p) {
            const auto at = live_at(p);
            return at - std::min(at, close_events);
          }))
        return;
      live_->advance(false);
    }
    if (!has_come_to(live_at)) return;
  } else if (!has_come_to([&](std::uint32_t p) { return goal_[p]; })) {
    return;
  }
  if (auto set = g.set_built(); !set) {
    around_.log(log_level::error, "view {}: generation {} is ready but cannot be marked so: {}",
                type_->name, g.number(), set.error().to_string());
    if (live_) live_->advance(live_->is_current());
    return;
  }
  const auto old = std::exchange(live_, std::exchange(candidate_, nullptr));
  show();
  if (old) old->discard();
  around_.log(log_level::info, "view {}: generation {} serves", type_->name, live_->number());
}

result<void> view_unit::pause() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (closed_) return error(projection_errc::stopped);
  if (auto set = any()->set_paused(true); !set) return set;
  paused_ = true;
  let_run();
  return {};
}

result<void> view_unit::resume() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (closed_) return error(projection_errc::stopped);
  if (paused_)
    if (auto set = any()->set_paused(false); !set) return set;
  paused_ = false;
  for (const auto& g : {live_, candidate_})
    if (g) g->resume();
  let_run();
  return {};
}

result<void> view_unit::reset() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (closed_) return error(projection_errc::stopped);
  auto made = make_generation({}, true);
  if (!made) return std::move(made).error();
  for (auto* old : {&live_, &candidate_})
    if (*old) std::exchange(*old, nullptr)->discard();
  live_ = std::move(*made);
  around_.log(log_level::info, "view {}: reset, generation {}", type_->name, live_->number());
  let_run();
  return {};
}

result<void> view_unit::rebuild(std::span<const position> from) {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (closed_) return error(projection_errc::stopped);
  if (candidate_)
    return error(projection_errc::busy, "view '" + type_->name + "' is being built already");
  for (const auto& p : from)
    if (p.partition >= around_.feeds.size() || p.number == 0)
      return error(errc::invalid_argument, "there is no position " + p.to_string());
  auto made = make_generation(from, false);
  if (!made) return std::move(made).error();
  candidate_ = std::move(*made);
  around_.log(log_level::info, "view {}: building generation {}", type_->name,
              candidate_->number());
  let_run();
  return {};
}

result<void> view_unit::cancel_rebuild() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (closed_) return error(projection_errc::stopped);
  if (!candidate_) return not_possible(*type_, "is not being built");
  if (!live_ || !live_->is_current())
    return not_possible(*type_, "has no other generation of its present definition");
  const auto given_up = std::exchange(candidate_, nullptr);
  given_up->discard();
  let_run(); // it may have been halted for the last steps
  return {};
}

result<void> view_unit::skip() {
  const std::lock_guard one(operations_);
  const auto now = look();
  bool any = false;
  for (const auto& g : {now.live, now.candidate})
    if (g) any = g->skip() || any;
  if (!any) return not_possible(*type_, "has not stopped at an event");
  return {};
}

result<std::vector<dead_letter>> view_unit::dead_letters(std::size_t limit) const {
  auto g = serving();
  if (!g) return std::move(g).error();
  auto reading = (*g)->rows().read();
  if (!reading) return std::move(reading).error();
  return (*reading)->dead_letters(limit);
}

result<void> view_unit::retry(position where) {
  const std::lock_guard one(operations_);
  auto g = serving();
  if (!g) return std::move(g).error();
  if (where.partition >= around_.feeds.size())
    return error(errc::not_found, "there is no partition " + std::to_string(where.partition));
  return (*g)->retry(where);
}

result<void> view_unit::drop(position where) {
  const std::lock_guard one(operations_);
  auto g = serving();
  if (!g) return std::move(g).error();
  return (*g)->drop(where);
}

view_status view_unit::status() const {
  const auto now = look();
  view_status s;
  s.view = type_->name;
  const auto state = [&](const generation& g) {
    auto of = g.status();
    if (now.paused)
      of.state = view_state::paused;
    else if (!g.is_current())
      of.state = view_state::frozen;
    return of;
  };
  if (now.live) s.serving = state(*now.live);
  if (now.candidate) s.building = state(*now.candidate);
  return s;
}

} // namespace acta
