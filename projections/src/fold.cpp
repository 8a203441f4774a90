// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "fold.hpp"

#include <algorithm>

namespace acta {

bool is_fault_of_event(const error& e) noexcept {
  // Damage is the view's own file's, or a commit's, which is told apart where it is read.
  return e.code() != condition::io && e.code() != condition::unavailable &&
         e.code() != persistence::errc::corrupt_commit;
}

std::string reason_of(const error& e) {
  constexpr std::size_t bytes_max = 1024;
  auto text = e.to_string();
  if (text.size() <= bytes_max) return text;
  text.resize(bytes_max);
  while ((text.back() & 0xC0) == 0x80) text.pop_back(); // not within a character
  text.pop_back();
  return text;
}

view_fold::view_fold(const view_type& view, std::shared_ptr<const catalog> names)
    : names_(std::move(names)) {
  names_->for_each([&](std::uint32_t name, const catalog::known_event& known) {
    const auto& events = known.aggregate->events;
    named n;
    n.folds.resize(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto fold = std::ranges::find_if(
          view.events, [&](const view_event& e) { return *e.type == *events[i].type; });
      if (fold == view.events.end()) continue;
      n.folds[i] = &*fold;
      const auto is_it = known.versions.present == &events[i] ||
                         std::ranges::any_of(known.versions.earlier,
                                             [&](const auto* e) { return e->may_be[i]; });
      if (is_it) n.known = &known;
    }
    if (n.known == nullptr) return;
    if (by_name_.size() <= name) by_name_.resize(name + 1);
    by_name_[name] = std::move(n);
  });
}

const view_fold::named* view_fold::find(const persistence::event_view& e, const range& r) const {
  if (e.name >= by_name_.size() || e.position < r.first || e.position > r.last ||
      std::ranges::any_of(r.but, [&](const auto& d) { return d.where.number == e.position; }))
    return nullptr;
  const auto& n = by_name_[e.name];
  if (n.known == nullptr) return nullptr;
  const auto [present, earlier] = n.known->versions.find(e.schema);
  bool is_taken = present == nullptr && earlier == nullptr; // nobody can tell
  if (present != nullptr)
    is_taken = n.folds[static_cast<std::size_t>(present - n.known->aggregate->events.data())];
  if (earlier != nullptr)
    for (std::size_t i = 0; i < n.folds.size(); ++i)
      is_taken = is_taken || (n.folds[i] != nullptr && earlier->may_be[i]);
  return is_taken ? &n : nullptr;
}

std::vector<std::uint64_t> view_fold::taken_of(const persistence::commit_view& commit,
                                               const range& r) const {
  std::vector<std::uint64_t> all;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (find(e, r) != nullptr) all.push_back(e.position);
  });
  return all;
}

result<void> view_fold::apply(const named& of, const persistence::event_view& e,
                              const event_context& c, row_session& session) {
  const auto& events = of.known->aggregate->events;
  const auto [present, earlier] = of.known->versions.find(e.schema);
  if (present != nullptr)
    return of.folds[static_cast<std::size_t>(present - events.data())]->apply(e.payload, c,
                                                                            session);
  if (earlier == nullptr) return of.known->versions.no_reader(e.schema);
  today_.clear();
  if (auto cast = earlier->upcast(e.payload, metadata_, today_); !cast) return cast;
  for (const auto& one : today_.all())
    if (of.folds[one.event] != nullptr)
      if (auto applied = of.folds[one.event]->apply(one.payload, c, session); !applied)
        return applied;
  return {};
}

std::optional<fold_failure> view_fold::take(const persistence::commit_view& commit, const range& r,
                                            row_session& session) {
  bool described = false;
  std::optional<fold_failure> failed;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (failed) return;
    const auto* of = find(e, r);
    if (of == nullptr) return;
    if (!described) names_->describe(commit, metadata_);
    described = true;
    metadata_.version = e.version;
    metadata_.position = {names_->partition().number(), e.position};
    if (auto applied = apply(*of, e, event_context(metadata_, r.replaying), session); !applied)
      failed = {e.position, std::move(applied).error()};
    else
      ++taken_;
  });
  return failed;
}

} // namespace acta
