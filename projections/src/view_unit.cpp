// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "view_unit.hpp"

#include <algorithm>
#include <charconv>

namespace acta {

namespace {

using persistence::open_view_store;

/// The serving generation is stopped for the last steps when the other is this close.
constexpr std::uint64_t close_events = 10'000;
/// How long the memory of one who has waited may stay.
constexpr std::chrono::milliseconds look_every{250};
/// Between attempts to make the files of a view for which there was no room.
constexpr std::chrono::milliseconds make_again_every{1000};

error stopping() { return error(projection_errc::stopped, "the runtime is stopping"); }

error not_possible(const view_type& v, std::string_view what) {
  return error(projection_errc::not_possible, "view '" + v.name + "' " + std::string(what));
}

} // namespace

view_unit::view_unit(std::shared_ptr<const view_type> type, surroundings& around)
    : type_(std::move(type)), around_(around), waiting_(around.sink) {}

std::filesystem::path view_unit::folder_of(std::uint32_t number) const {
  return around_.store.folder() / "views" / (type_->name + '@' + std::to_string(number));
}

result<void> view_unit::find_generations(std::map<std::uint32_t, generation_ptr>& found) {
  const auto views = around_.store.folder() / "views";
  std::error_code code;
  if (in_memory() || !std::filesystem::exists(views, code)) return {};
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
    auto opened = open_generation(number, {.create = false});
    if (opened) {
      auto ours = belongs_here(**opened);
      if (ours && *ours)
        found[number] = std::move(*opened);
      else
        (ours ? (*opened)->discard() : (*opened)->leave());
      if (!ours) return std::move(ours).error();
      continue;
    }
    if (opened.error().code() == condition::io || opened.error().code() == condition::unavailable)
      return std::move(opened).error(); // the machine's fault, not the data's
    around_.log(log_level::warning, "view {}: generation {} is unusable and made anew: {}",
                type_->name, number, opened.error().to_string());
    std::filesystem::remove_all(at->path(), code);
  }
  if (code) return error(errc::io, "reading " + views.string() + ": " + code.message());
  return {};
}

result<bool> view_unit::belongs_here(const generation& g) const {
  auto ours = g.belongs_here();
  if (ours && !*ours)
    around_.log(log_level::error,
                "view {}: generation {} was made from events that the journal does not have, as "
                "after a return to a copy; it is made anew",
                type_->name, g.number());
  if (ours || ours.error().code() != condition::corrupt) return ours;
  // What it holds is better than nothing, which is all that could be made from a damaged journal.
  around_.log(log_level::error,
              "view {}: nobody can tell whether generation {} was made from this journal: {}; it "
              "is kept",
              type_->name, g.number(), ours.error().to_string());
  return true;
}

result<void> view_unit::open() {
  std::map<std::uint32_t, generation_ptr> found;
  if (auto all = find_generations(found); !all) {
    for (const auto& [number, g] : found) g->leave(); // else its projectors keep it, and it them
    return all;
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
  if (any()) { // asked before anything goes: what takes its place is paused too
    auto reading = any()->rows().read();
    if (reading)
      if (auto head = (*reading)->head()) paused_ = head->paused;
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
  if (!candidate_ && (!live_ || !live_->is_current()))
    if (auto made = make_missing(); !made) {
      if (made.error().code() != condition::unavailable) {
        show(); // close() ends what there is
        return made;
      }
      make_missing_later(made.error());
    }
  for (const auto& from : around_.feeds) goal_.push_back(from->partition.last_position());
  if (paused_) {
    if (auto set = set_paused(true); !set) {
      show();
      return set;
    }
    around_.log(log_level::warning, "view {} is paused since an earlier run", type_->name);
  }
  let_run();
  return {};
}

result<void> view_unit::make_missing() {
  const bool empty = std::ranges::all_of(
      around_.feeds, [](const auto& from) { return from->partition.last_position() == 0; });
  auto made = make_generation({}, empty && !live_);
  if (!made) return std::move(made).error();
  (empty && !live_ ? live_ : candidate_) = std::move(*made);
  unmade_.reset();
  return {};
}

void view_unit::make_missing_later(const error& why) {
  if (!unmade_)
    around_.log(log_level::error, "view {}: it cannot be built: {}; trying again", type_->name,
                why.to_string());
  unmade_ = why;
  try_to_make_soon();
}

void view_unit::try_to_make_soon() {
  around_.after(make_again_every, [this] { try_to_make(); });
}

void view_unit::try_to_make() {
  // On a thread that must not be held up: if something else goes on, the next time will do. Making
  // the files holds it up for a few syncs, once; an attempt without room for that of one folder.
  const std::unique_lock one(operations_, std::try_to_lock);
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (one && lock) {
    if (look().closed || !unmade_) return;
    auto made = make_missing();
    if (!made) unmade_ = made.error();
    if (made && paused_)
      if (auto set = set_paused(true); !set)
        around_.log(log_level::error,
                    "view {}: a restart will resume it, for its pause cannot be kept: {}",
                    type_->name, set.error().to_string());
    let_run();
    if (made) return;
  }
  try_to_make_soon();
}

result<void> view_unit::set_paused(bool paused) {
  if (!any()) return unmade_ ? *unmade_ : stopping();
  return any()->set_paused(paused);
}

result<generation_ptr> view_unit::open_generation(std::uint32_t number,
                                                  const persistence::view_store_options& how) {
  const persistence::view_identity identity{around_.store.id(), type_->name,
                                            type_->layout_fingerprint, type_->fingerprint};
  auto options = how;
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
  persistence::view_store_options options;
  for (const auto& first : from) {
    auto before = around_.feeds[first.partition]->partition.checkpoint_at(first.number - 1);
    if (!before) return std::move(before).error();
    options.start.emplace_back(first.partition, *before);
  }
  const auto number = next_number_++;
  auto made = open_generation(number, options);
  if (!made) {
    std::error_code ignored; // what is left is taken up or thrown away by the next start
    if (!in_memory()) std::filesystem::remove_all(folder_of(number), ignored);
    return made;
  }
  const auto failed = [&](result<void> r) -> result<generation_ptr> {
    (*made)->discard();
    return std::move(r).error();
  };
  // A power loss must not take away where it was to begin.
  if (!from.empty())
    if (auto synced = (*made)->rows().sync(); !synced) return failed(std::move(synced));
  if (built) {
    // The pause first: as soon as this one is built, a restart takes it for the view.
    if (paused_)
      if (auto set = (*made)->set_paused(true); !set) return failed(std::move(set));
    if (auto set = (*made)->set_built(); !set) return failed(std::move(set));
  }
  return made;
}

void view_unit::close() {
  shown last;
  last.closed = true;
  {
    const std::lock_guard lock(shown_mutex_);
    std::swap(shown_, last);
  }
  for (const auto& g : {last.live, last.candidate})
    if (g) g->leave();
  if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) show();
  waiting_.give_up_all(stopping());
}

void view_unit::show() {
  shown now{live_, candidate_, gone_, unmade_, paused_, false};
  {
    const std::lock_guard lock(shown_mutex_);
    if (!shown_.closed) return std::swap(shown_, now);
  }
  for (auto* g : {&live_, &candidate_})
    if (*g) std::exchange(*g, nullptr)->leave();
}

void view_unit::let_go(generation_ptr of) {
  of->discard();
  const auto done = of->progress();
  gone_.events += done.events;
  gone_.transactions += done.transactions;
  gone_.failures += done.failures;
}

void view_unit::let_run() {
  show();
  if (live_) live_->advance(!paused_ && live_->is_current());
  if (candidate_) candidate_->advance(!paused_);
}

result<generation_ptr> view_unit::serving() const {
  const auto now = look();
  if (now.live) return now.live;
  if (!now.candidate && now.unmade)
    return error(projection_errc::view_building,
                 "view '" + type_->name + "' cannot be built: " + now.unmade->to_string() +
                     "; it is tried again",
                 type_->name);
  if (!now.candidate) return stopping();
  const auto s = now.candidate->progress();
  auto text =
      "view '" + type_->name + "' is being built: " + std::to_string(s.behind) + " events to go";
  if (s.time_left) text += ", about " + std::to_string(s.time_left->count()) + " s";
  return error(projection_errc::view_building, std::move(text), type_->name);
}

error view_unit::late(position until) const {
  const auto now = look();
  auto text = "committed, but view '" + type_->name + "' is late: it is at ";
  if (now.live) {
    const auto s = now.live->progress();
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

std::optional<error> view_unit::stopped_before(position until) const {
  const auto now = look();
  if (now.live && now.live->scanned(until.partition) >= until.number) return std::nullopt;
  if (now.paused || (now.live && now.candidate && !now.candidate->why_stopped(until.partition)))
    return std::nullopt; // the one that is being built will take its place
  const auto& g = now.live && now.live->is_current() ? now.live : now.candidate;
  if (!g) return std::nullopt;
  auto why = g->why_stopped(until.partition);
  if (!why) return std::nullopt;
  return error(projection_errc::view_stopped,
               "committed, but view '" + type_->name + "' has stopped after " +
                   position{until.partition, g->scanned(until.partition)}.to_string() +
                   ", asked for " + until.to_string() + ": " + why->to_string(),
               type_->name);
}

void view_unit::when_visible(position until, std::chrono::steady_clock::time_point deadline,
                             waiting::callback f) {
  // Added before the look: what is reached in between answers it.
  const auto number = waiting_.add(until, std::move(f));
  const auto now = look();
  if (now.closed) return waiting_.give_up(number, stopping());
  if (now.live && now.live->scanned(until.partition) >= until.number)
    return waiting_.advance(until);
  watch(number, until, deadline);
}

void view_unit::watch(std::uint64_t waiter, position until,
                      std::chrono::steady_clock::time_point deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  if (const auto stopped = stopped_before(until)) return waiting_.give_up(waiter, *stopped);
  if (left <= std::chrono::nanoseconds{0}) return waiting_.give_up(waiter, late(until));
  // A timer keeps its memory until it is due, so it looks again and again instead of sleeping
  // through a long time-out.
  around_.after(std::min<std::chrono::steady_clock::duration>(left, look_every),
                [this, waiter, until, deadline] {
                  if (waiting_.has(waiter)) watch(waiter, until, deadline);
                });
}

void view_unit::wake(std::uint32_t partition) noexcept {
  // Not by a copy: the last reference closes files and removes folders, not on the journal's
  // thread.
  const std::lock_guard lock(shown_mutex_);
  for (const auto* g : {&shown_.live, &shown_.candidate})
    if (*g) (*g)->wake(partition);
}

void view_unit::replace_damaged(const generation& g, const error& why) {
  const bool served = live_.get() == &g;
  if (!served && candidate_.get() != &g) return; // it has been replaced
  if (served)                                    // the next one serves when it has come as far
    for (const auto& at : live_->scanned()) goal_[at.partition] = at.number;
  let_go(std::exchange(served ? live_ : candidate_, nullptr));
  ++gone_.damaged;
  const bool is_missed = !candidate_ && (!live_ || !live_->is_current());
  around_.log(log_level::error, "view {}: the file of generation {} is damaged; {}: {}",
              type_->name, g.number(),
              is_missed ? "it is made anew from the first events"
                        : "it is given up, and the other one goes on",
              why.to_string());
  if (is_missed) {
    unmade_ = why;
    try_to_make_soon(); // a disk that damages it at once gets a pause
  }
  let_run();
}

void view_unit::after_turn(generation& g) {
  if (const auto why = g.damage()) {
    const std::lock_guard lock(mutex_);
    return replace_damaged(g, *why);
  }
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
  if (g.stands_still()) { // it does not come any closer, so the other goes on
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
  if (auto old = std::exchange(live_, std::exchange(candidate_, nullptr))) let_go(std::move(old));
  show();
  around_.log(log_level::info, "view {}: generation {} serves", type_->name, g.number());
}

result<void> view_unit::pause() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (look().closed) return stopping();
  if (auto set = set_paused(true); !set) return set;
  paused_ = true;
  let_run();
  return {};
}

result<void> view_unit::resume() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (look().closed) return stopping();
  if (paused_)
    if (auto set = set_paused(false); !set) return set;
  paused_ = false;
  for (const auto& g : {live_, candidate_})
    if (g) g->resume();
  let_run();
  return {};
}

result<void> view_unit::reset() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (look().closed) return stopping();
  auto made = make_generation({}, true);
  if (!made) return std::move(made).error();
  for (auto* old : {&live_, &candidate_})
    if (*old) let_go(std::exchange(*old, nullptr));
  live_ = std::move(*made);
  unmade_.reset();
  around_.log(log_level::info, "view {}: reset, generation {}", type_->name, live_->number());
  let_run();
  return {};
}

result<void> view_unit::rebuild(std::span<const position> from) {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (look().closed) return stopping();
  if (candidate_)
    return error(projection_errc::busy, "view '" + type_->name + "' is being built already");
  for (const auto& p : from)
    if (auto known = around_.check_first(p); !known) return known;
  auto made = make_generation(from, false);
  if (!made) return std::move(made).error();
  candidate_ = std::move(*made);
  unmade_.reset();
  around_.log(log_level::info, "view {}: building generation {}", type_->name,
              candidate_->number());
  let_run();
  return {};
}

result<void> view_unit::cancel_rebuild() {
  const std::lock_guard one(operations_);
  const std::lock_guard lock(mutex_);
  if (look().closed) return stopping();
  if (!candidate_) return not_possible(*type_, "is not being built");
  if (!live_ || !live_->is_current())
    return not_possible(*type_, "has no other generation of its present definition");
  let_go(std::exchange(candidate_, nullptr));
  let_run(); // it may have been halted for the last steps
  return {};
}

result<void> view_unit::skip() {
  const std::lock_guard one(operations_);
  const auto now = look();
  if (now.closed) return stopping();
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

std::string view_unit::standing() const {
  const auto now = look();
  if (!now.live) return {};
  const auto is = [&](view_state s) { return type_->name + '=' + std::string(to_string(s)); };
  if (now.paused) return is(view_state::paused);
  if (!now.live->is_current()) return is(view_state::frozen);
  return now.live->has_stopped() ? is(view_state::stopped) : std::string();
}

view_status view_unit::status() const { return status_of(look()); }

void view_unit::add_to(projection_figures& f) const {
  const auto now = look();
  const auto s = status_of(now);
  ++f.views;
  if (s.building) ++f.building;
  f.events += now.gone.events;
  f.transactions += now.gone.transactions;
  f.failures += now.gone.failures;
  f.damaged += now.gone.damaged;
  bool stands = false;
  for (const auto* g : {&s.serving, &s.building}) {
    if (!*g) continue;
    stands = stands || (*g)->state == view_state::stopped;
    f.failures += (*g)->failures;
    f.dead_letters += (*g)->dead_letters;
    f.events += (*g)->events;
    f.transactions += (*g)->transactions;
    f.behind_max = std::max(f.behind_max, (*g)->behind);
  }
  if (stands) ++f.stopped;
}

view_status view_unit::status_of(const shown& now) const {
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
