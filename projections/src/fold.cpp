// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "fold.hpp"

#include <acta/domain/errc.hpp>

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
  for (const auto& e : view.events)
    for (const auto name : names_->names_of(*e.type)) {
      if (by_name_.size() <= name) by_name_.resize(name + 1);
      by_name_[name] = &e;
    }
}

const view_event* view_fold::fold_of(const persistence::event_view& e, const range& r) const {
  if (e.name >= by_name_.size() || e.position < r.first || e.position > r.last ||
      std::ranges::any_of(r.but, [&](const auto& d) { return d.where.number == e.position; }))
    return nullptr;
  return by_name_[e.name];
}

std::vector<std::uint64_t> view_fold::taken_of(const persistence::commit_view& commit,
                                               const range& r) const {
  std::vector<std::uint64_t> all;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (fold_of(e, r) != nullptr) all.push_back(e.position);
  });
  return all;
}

std::optional<fold_failure> view_fold::take(const persistence::commit_view& commit, const range& r,
                                            row_session& session) {
  bool described = false;
  std::optional<fold_failure> failed;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (failed) return;
    const auto* event = fold_of(e, r);
    if (event == nullptr) return;
    const auto fail = [&](error why) { failed = {e.position, std::move(why)}; };
    if (!described) names_->describe(commit, metadata_);
    described = true;
    metadata_.version = e.version;
    metadata_.position = {names_->partition().number(), e.position};
    if (e.schema != event->schema)
      return fail(
          error(domain_errc::unknown_event, "the program has " + event->name + " in schema " +
                                                std::to_string(event->schema) +
                                                ", stored is schema " + std::to_string(e.schema)));
    if (auto applied = event->apply(e.payload, event_context(metadata_, r.replaying), session);
        !applied)
      return fail(std::move(applied).error());
    ++taken_;
  });
  return failed;
}

} // namespace acta
