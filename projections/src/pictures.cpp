// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "pictures.hpp"

#include "view_unit.hpp"

#include <acta/domain/errc.hpp>
#include <acta/projections/errc.hpp>

#include <algorithm>

namespace acta {

namespace {

error too_old() {
  return error(projection_errc::picture_expired,
               "the picture is older than its limit (option picture_age_max); take another");
}

/// Fails once its picture has expired, so that a long scan does not hold it for ever.
class aging_cursor final : public table_cursor {
public:
  aging_cursor(std::unique_ptr<table_cursor> inner, const std::atomic<bool>& expired)
      : inner_(std::move(inner)), expired_(expired) {}
  result<bool> seek(bytes_view key, table_entry& out) override {
    return expired_ ? result<bool>(too_old()) : inner_->seek(key, out);
  }
  result<bool> seek_before(bytes_view key, table_entry& out) override {
    return expired_ ? result<bool>(too_old()) : inner_->seek_before(key, out);
  }
  result<bool> next(table_entry& out) override {
    return expired_ ? result<bool>(too_old()) : inner_->next(out);
  }
  result<bool> previous(table_entry& out) override {
    return expired_ ? result<bool>(too_old()) : inner_->previous(out);
  }

private:
  std::unique_ptr<table_cursor> inner_;
  const std::atomic<bool>& expired_;
};

class aging_reader final : public row_reader {
public:
  aging_reader(row_reader& inner, const std::atomic<bool>& expired)
      : inner_(inner), expired_(expired) {}
  result<bool> get(row_table table, bytes_view key, bytes_view& value) override {
    return expired_ ? result<bool>(too_old()) : inner_.get(table, key, value);
  }
  result<std::unique_ptr<table_cursor>> scan(row_table table) override {
    auto cursor = inner_.scan(table);
    if (!cursor) return cursor;
    return std::unique_ptr<table_cursor>(
        std::make_unique<aging_cursor>(std::move(*cursor), expired_));
  }
  result<std::uint64_t> count(row_table table) override { return inner_.count(table); }

private:
  row_reader& inner_;
  const std::atomic<bool>& expired_;
};

} // namespace

void add_shown(answer_info& info, position at) {
  const auto known = std::ranges::find(info.positions, at.partition, &position::partition);
  if (known == info.positions.end())
    info.positions.push_back(at);
  else
    known->number = std::min(known->number, at.number);
}

void add_standing(answer_info& info, const std::string& standing) {
  if (standing.empty()) return;
  if (!info.standing.empty()) info.standing += ", ";
  info.standing += standing;
}

live_picture::live_picture(std::span<view_unit* const> views, position at_least)
    : at_least_(at_least) {
  views_.reserve(views.size());
  for (auto* view : views) {
    auto& f = views_.emplace_back(frozen{view, nullptr, nullptr, std::nullopt, false});
    auto of = view->serving();
    if (!of) {
      f.missing = std::move(of).error();
      continue;
    }
    f.of = std::move(*of);
    auto rows = f.of->rows().read();
    if (rows)
      f.rows = std::move(*rows);
    else
      f.missing = std::move(rows).error();
  }
}

live_picture::~live_picture() = default;

result<live_picture::frozen*> live_picture::look_at(const std::type_info* type,
                                                    std::string_view view) {
  if (expired()) return too_old(); // after that nothing it points to need be there
  const auto at =
      std::ranges::find_if(views_, [&](const frozen& f) { return f.view->type().name == view; });
  // The table must be of the very type the caller names: the same name over another type would be
  // memory corruption.
  if (at == views_.end() || (type != nullptr && *at->view->type().type != *type))
    return error(domain_errc::unknown_view,
                 "no view '" + std::string(view) + (at == views_.end() ? "'" : "' of this type"));
  if (at_least_.number != 0) {
    const bool shown = [&] {
      if (!at->rows) return false;
      auto scanned = at->rows->checkpoint(at_least_.partition);
      return scanned && scanned->position >= at_least_.number;
    }();
    if (!shown) {
      late_ = at->view;
      return at->view->late(at_least_);
    }
  }
  if (at->missing) {
    rests_on_rows_ = false;
    return *at->missing;
  }
  at->read = true;
  return &*at;
}

result<void> live_picture::with_rows(const std::type_info* type, std::string_view view,
                                     const use_rows& use) {
  const usage using_it(*this);
  auto at = look_at(type, view);
  if (!at) return std::move(at).error();
  aging_reader rows(*(*at)->rows, expired_);
  return use((*at)->view->type(), rows);
}

result<std::vector<position>> live_picture::positions(std::string_view view) {
  const usage using_it(*this);
  rests_on_rows_ = false;
  auto at = look_at(nullptr, view);
  if (!at) return std::move(at).error();
  std::vector<position> all;
  for (const auto& reached : (*at)->of->scanned()) {
    auto frozen_at = (*at)->rows->checkpoint(reached.partition);
    if (!frozen_at) return std::move(frozen_at).error();
    all.push_back({reached.partition, frozen_at->position});
  }
  return all;
}

result<void> live_picture::describe(answer_info& info) {
  const usage using_it(*this);
  if (expired()) return too_old();
  for (const auto& f : views_) {
    if (!f.read) continue;
    for (const auto& reached : f.of->scanned()) {
      auto at = f.rows->checkpoint(reached.partition);
      if (!at) return std::move(at).error();
      add_shown(info, {reached.partition, at->position});
    }
    add_standing(info, f.view->standing());
  }
  return {};
}

void live_picture::expire() noexcept {
  expired_.store(true, std::memory_order_release);
  const std::unique_lock lock(use_, std::try_to_lock);
  // Else the use notices; if it looked just before, the sweep comes again.
  if (lock && uses_ == 0) drop();
}

void live_picture::end() noexcept {
  expired_.store(true, std::memory_order_release);
  const std::lock_guard lock(use_);
  if (uses_ == 0) drop();
}

void live_picture::drop() noexcept {
  for (auto& f : views_) {
    f.rows.reset();
    f.of.reset();
  }
}

result<std::optional<std::vector<dependency>>> live_picture::dependencies() {
  const usage using_it(*this);
  if (expired()) return too_old();
  if (!rests_on_rows_) return std::optional<std::vector<dependency>>{};
  std::vector<dependency> all;
  for (const auto& f : views_) {
    if (!f.read) continue;
    auto head = f.rows->head();
    if (!head) return std::move(head).error();
    all.push_back({f.view, f.of->number(), head->changes});
  }
  return std::optional(std::move(all));
}

std::shared_ptr<live_picture> pictures::take(std::span<view_unit* const> views, position at_least) {
  auto made = std::make_shared<live_picture>(views, at_least);
  const std::lock_guard lock(mutex_);
  // The oldest are most likely gone; so the list stays about as long as there are pictures.
  for (int i = 0; i < 2 && !all_.empty() && all_.front().expired(); ++i) all_.pop_front();
  all_.push_back(made);
  return made;
}

void pictures::sweep() {
  std::vector<std::shared_ptr<live_picture>> old; // may end here, not under the lock
  {
    const std::lock_guard lock(mutex_);
    all_.remove_if([](const auto& weak) { return weak.expired(); });
    const auto now = std::chrono::steady_clock::now();
    for (const auto& weak : all_)
      if (auto p = weak.lock()) {
        // Compared in milliseconds: the longest limit has no nanoseconds.
        if (std::chrono::floor<std::chrono::milliseconds>(now - p->taken_at()) < age_max_) break;
        old.push_back(std::move(p));
      }
  }
  for (const auto& p : old) {
    if (!p->expired()) expired_.fetch_add(1, std::memory_order_relaxed);
    p->expire();
  }
}

std::vector<std::shared_ptr<live_picture>> pictures::all() const {
  std::vector<std::shared_ptr<live_picture>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& weak : all_)
    if (auto p = weak.lock()) all.push_back(std::move(p));
  return all;
}

void pictures::expire_all() {
  for (const auto& p : all()) p->expire();
}

void pictures::end_all() {
  for (const auto& p : all()) p->end();
}

std::size_t pictures::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(all_, [](const auto& weak) {
    const auto p = weak.lock();
    return p && !p->expired();
  }));
}

std::chrono::milliseconds pictures::oldest() const {
  const std::lock_guard lock(mutex_);
  for (const auto& weak : all_)
    if (const auto p = weak.lock(); p && !p->expired())
      return std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - p->taken_at());
  return std::chrono::milliseconds{0};
}

} // namespace acta
