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
    n.known = &known;
    for (const auto& event : events) {
      const auto fold = std::ranges::find_if(
          view.events, [&](const view_event& e) { return *e.type == *event.type; });
      n.folds.push_back(fold == view.events.end() ? nullptr : &*fold);
      if (known.versions.present == &event) n.of_present = n.folds.back();
    }
    for (const auto* e : known.versions.earlier)
      for (std::size_t i = 0; i < events.size(); ++i)
        if (n.folds[i] != nullptr && e->may_be[i]) {
          n.earlier.push_back(e);
          break;
        }
    if (n.of_present == nullptr && n.earlier.empty()) return;
    if (by_name_.size() <= name) by_name_.resize(name + 1);
    by_name_[name] = std::move(n);
  });
}

view_fold::found view_fold::find(const persistence::event_view& e, const range& r) const {
  if (e.name >= by_name_.size() || e.position < r.first || e.position > r.last ||
      std::ranges::any_of(r.but, [&](const auto& d) { return d.where.number == e.position; }))
    return {};
  const auto& n = by_name_[e.name];
  if (n.known == nullptr) return {};
  const auto reader = n.known->versions.find(e.schema);
  const auto is_taken = reader.present != nullptr ? n.of_present != nullptr
                        : reader.earlier != nullptr
                            ? std::ranges::count(n.earlier, reader.earlier) > 0
                            : true; // nobody can tell
  return is_taken ? found{&n, reader} : found{};
}

std::vector<std::uint64_t> view_fold::taken_of(const persistence::commit_view& commit,
                                               const range& r) const {
  std::vector<std::uint64_t> all;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (find(e, r).of != nullptr) all.push_back(e.position);
  });
  return all;
}

namespace {

/// Lets the view take what an event of an earlier release is today.
class earlier_fold final : public present_visitor {
public:
  earlier_fold(const std::vector<const view_event*>& folds, const event_context& c,
               row_session& session)
      : folds_(folds), context_(c), session_(session) {}

  result<void> take(const one& next) override {
    const auto* fold = folds_[next.event];
    return fold != nullptr ? fold->take(next.value, context_, session_) : result<void>{};
  }

private:
  const std::vector<const view_event*>& folds_;
  const event_context& context_;
  row_session& session_;
};

} // namespace

result<void> view_fold::apply(const found& as, const persistence::event_view& e,
                              const event_context& c, row_session& session) {
  if (as.reader.present != nullptr) return as.of->of_present->apply(e.payload, c, session);
  if (as.reader.earlier == nullptr) return as.of->known->versions.no_reader(e.schema);
  earlier_fold into(as.of->folds, c, session);
  return as.reader.earlier->upcast(e.payload, c.metadata(), into);
}

std::optional<fold_failure> view_fold::take(const persistence::commit_view& commit, const range& r,
                                            row_session& session) {
  bool described = false;
  std::optional<fold_failure> failed;
  commit.for_each_event([&](const persistence::event_view& e) {
    if (failed) return;
    const auto as = find(e, r);
    if (as.of == nullptr) return;
    if (!described) names_->describe(commit, metadata_);
    described = true;
    metadata_.version = e.version;
    metadata_.position = {names_->partition().number(), e.position};
    if (auto applied = apply(as, e, event_context(metadata_, r.replaying), session); !applied)
      failed = {e.position, std::move(applied).error()};
    else
      ++taken_;
  });
  return failed;
}

} // namespace acta
