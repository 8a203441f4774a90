// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "generation.hpp"

#include <algorithm>
#include <filesystem>

namespace acta {

std::string_view to_string(view_state s) noexcept {
  switch (s) {
  case view_state::running:
    return "running";
  case view_state::retrying:
    return "retrying";
  case view_state::stopped:
    return "stopped";
  case view_state::paused:
    return "paused";
  case view_state::frozen:
    return "frozen";
  }
  return "unknown";
}

std::filesystem::path given_up_folder(const std::filesystem::path& generation) {
  auto name = generation;
  name += given_up_suffix;
  return name;
}

generation::generation(const view_type& type, surroundings& around, std::uint32_t number,
                       std::unique_ptr<persistence::view_store> rows,
                       const persistence::view_head& head,
                       std::function<void(generation&)> after_turn)
    : type_(type), around_(around), number_(number), rows_(std::move(rows)),
      is_current_(head.fingerprint == type.fingerprint),
      can_be_read_(head.layout_fingerprint == type.layout_fingerprint),
      after_turn_(std::move(after_turn)), built_(head.built), changes_(head.changes) {}

generation::~generation() {
  const auto folder = rows_->folder();
  rows_.reset();
  if (!discarded_) return;
  std::error_code code;
  for (const auto& name : {folder, given_up_folder(folder)}) {
    std::filesystem::remove_all(name, code);
    if (code)
      around_.log(log_level::warning, "{} could not be removed: {}", name.string(), code.message());
  }
}

result<void> generation::start() {
  auto reading = rows_->read();
  if (!reading) return std::move(reading).error();
  for (const auto& from : around_.feeds) {
    auto scanned = (*reading)->checkpoint(from->partition.number());
    if (!scanned) return std::move(scanned).error();
    begun_at_.push_back(*scanned);
    projector_ptr made(new projector(shared_from_this(), *from, scanned->position));
    made->host_ = around_.host;
    made->actor_ = around_.host->spawn(*made);
    projectors_.push_back(std::move(made));
  }
  return {};
}

result<void> generation::write(const std::function<result<void>(persistence::view_writing&)>& f) {
  const auto writing = lock_writing();
  auto txn = rows_->write();
  if (!txn) return std::move(txn).error();
  if (auto done = f(**txn); !done) return done;
  return (*txn)->commit(false);
}

result<void> generation::commit(persistence::view_writing& txn, bool rows_changed) {
  // Before the commit: who has seen the new rows must not be given a kept answer from the old ones.
  if (rows_changed) changes_.fetch_add(1, std::memory_order_acq_rel);
  auto committed = txn.commit(rows_changed);
  if (!committed && rows_changed) changes_.fetch_sub(1, std::memory_order_acq_rel);
  return committed;
}

result<void> generation::set_built() {
  if (auto set = write([](auto& txn) { return txn.set_built(); }); !set) return set;
  if (auto synced = rows_->sync(); !synced) return synced;
  built_.store(true, std::memory_order_release);
  return {};
}

result<void> generation::set_paused(bool paused) {
  return write([&](auto& txn) { return txn.set_paused(paused); });
}

result<bool> generation::belongs_here() const {
  for (std::uint32_t p = 0; p < begun_at_.size(); ++p) {
    auto held = around_.feeds[p]->partition.holds(begun_at_[p]);
    if (!held || !*held) return held;
  }
  return true;
}

void generation::advance(bool allowed) {
  advancing_.store(allowed, std::memory_order_release);
  if (allowed) return wake_all();
  for (const auto& p : projectors_) p->quiesce();
}

void generation::wake(std::uint32_t partition) noexcept {
  if (advancing()) projectors_[partition]->wake();
}
void generation::wake_all() noexcept {
  for (const auto& p : projectors_) p->wake();
}
void generation::resume() {
  for (const auto& p : projectors_) p->resume();
}
bool generation::skip() {
  bool any = false;
  for (const auto& p : projectors_) any = p->skip() || any;
  return any;
}

std::vector<position> generation::scanned() const {
  std::vector<position> all;
  for (std::uint32_t p = 0; p < projectors_.size(); ++p) all.push_back({p, scanned(p)});
  return all;
}

bool generation::has_stopped() const noexcept {
  return std::ranges::any_of(projectors_, [](const auto& p) { return p->stopped(); });
}

bool generation::stands_still() const noexcept {
  return std::ranges::any_of(projectors_, [](const auto& p) { return p->stands_still(); });
}

generation_status generation::progress() const {
  generation_status s;
  s.number = number_;
  for (const auto& p : projectors_) p->describe(s);
  if (s.events_per_second > 0 && s.behind > 0)
    s.time_left = std::chrono::seconds(
        static_cast<std::int64_t>(static_cast<double>(s.behind) / s.events_per_second) + 1);
  return s;
}

generation_status generation::status() const {
  auto s = progress();
  s.file_bytes = rows_->file_bytes();
  if (auto reading = rows_->read()) {
    s.rows = (*reading)->count(row_table::rows).value_or(0u);
    s.dead_letters = (*reading)->dead_letter_count().value_or(0u);
  }
  return s;
}

error generation::no_dead_letter(position where) const {
  return error(errc::not_found,
               "view '" + type_.name + "' has no dead letter at " + where.to_string());
}

result<void> generation::retry(position where) {
  auto& from = *around_.feeds[where.partition];
  const auto writing = lock_writing();
  auto txn = rows_->write();
  if (!txn) return std::move(txn).error();
  auto letter = (*txn)->find_dead_letter(where);
  if (!letter) return std::move(letter).error();
  if (!*letter) return no_dead_letter(where);
  row_session session(type_, **txn);
  view_fold fold(type_, from.names);
  std::optional<fold_failure> failed;
  bool there = false;
  auto read = from.partition.read_log(where.number, [&](const persistence::commit_view& c) {
    there = true;
    failed = fold.take(c, {.first = where.number, .last = where.number}, session);
    return false;
  });
  if (!read) return read;
  if (!there) return around_.check_event(where);
  result<void> done;
  if (failed)
    done = std::move(failed->why);
  else
    done = session.flush();
  if (!done) {
    const auto why = done.error();
    txn->reset();
    if (!is_fault_of_event(why)) return why;
    auto note = rows_->write();
    if (!note) return why;
    ++(*letter)->attempts;
    (*letter)->reason = reason_of(why);
    if ((*note)->park(**letter)) (void)(*note)->commit(false).has_value();
    return why;
  }
  if (auto gone = (*txn)->unpark(where); !gone) return std::move(gone).error();
  return commit(**txn, session.rows_changed() > 0);
}

result<void> generation::drop(position where) {
  return write([&](auto& txn) -> result<void> {
    auto gone = txn.unpark(where);
    if (!gone) return std::move(gone).error();
    if (!*gone) return no_dead_letter(where);
    return {};
  });
}

void generation::note_failure(const error& why) {
  if (why.code() != condition::corrupt) return;
  const std::lock_guard lock(damage_mutex_);
  if (!damage_) damage_ = why;
  is_damaged_.store(true, std::memory_order_release);
}

std::optional<error> generation::damage() const {
  if (!is_damaged_.load(std::memory_order_acquire)) return std::nullopt;
  const std::lock_guard lock(damage_mutex_);
  return damage_;
}

void generation::leave() noexcept {
  leaving_.store(true, std::memory_order_release);
  wake_all();
}

void generation::discard() noexcept {
  if (!discarded_.exchange(true, std::memory_order_acq_rel)) {
    // LMDB does not mind. Where there is no folder (in memory) there is nothing to rename; if it
    // fails otherwise, a restart before the removal takes up this generation again.
    std::error_code ignored;
    const auto& folder = rows_->folder();
    std::filesystem::rename(folder, given_up_folder(folder), ignored);
  }
  leave();
}

} // namespace acta
