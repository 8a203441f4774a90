// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/view.hpp>

#include <acta/domain/errc.hpp>
#include <acta/domain/row_session.hpp>
#include <acta/domain/scan.hpp>

#include <algorithm>

namespace acta::testing::detail {

namespace {

[[noreturn]] void fail_event(const error& e, const recorded_event& event, const report& so_far) {
  const bool threw = e.code() == make_error_code(domain_errc::evolve_threw);
  report(so_far)
      .line("event", event.metadata.stream + ' ' + event.shown)
      .line(threw ? "thrown" : "error", threw ? std::string(e.detail()) : e.to_string())
      .fail(threw ? promise::evolve_returns : promise::view_takes_event,
            threw ? "the view threw: events are facts, and it would stand still at this one"
                  : "the view cannot take an event, and would stand still at it");
}

std::string show_row(const view_type& type, const void* row) {
  std::string json;
  const auto shown = type.append_json(row, json);
  return shown ? json : "<no JSON: " + shown.error().to_string() + '>';
}
std::string show_stored(const view_type& type, std::string_view stored) {
  const auto row = type.create();
  const auto decoded = type.decode(as_bytes_view(stored), row.get());
  return decoded ? show_row(type, row.get()) : "<" + decoded.error().to_string() + '>';
}

/// Folds what is recorded, as the runtime does.
class folding {
public:
  folding(const view_type& type, const std::vector<recorded>& past, const report& so_far)
      : type_(type), past_(past), so_far_(so_far) {}

  /// Each event in a transaction of its own.
  [[nodiscard]] memory_rows one_at_a_time(bool replaying) const {
    memory_rows rows;
    for (const auto& event : past_) {
      row_session session(type_, rows);
      apply(*event, replaying, session);
      if (auto written = session.flush(); !written) fail_event(written.error(), *event, so_far_);
    }
    return rows;
  }
  /// All in one transaction, whose session is given before it ends.
  template <class F> [[nodiscard]] memory_rows all_at_once(F&& look) const {
    memory_rows rows;
    row_session session(type_, rows);
    for (const auto& event : past_) apply(*event, false, session);
    look(session);
    if (auto written = session.flush(); !written)
      fail_event(written.error(), *past_.back(), so_far_);
    return rows;
  }

private:
  void apply(const recorded_event& event, bool replaying, row_session& session) const {
    const event_context c(event.metadata, replaying);
    for (const auto& taken : type_.events)
      if (*taken.type == *event.type)
        if (auto applied = taken.apply(event.payload, c, session); !applied)
          fail_event(applied.error(), event, so_far_);
  }

  const view_type& type_;
  const std::vector<recorded>& past_;
  const report& so_far_;
};

/// Throws `failure` with the first row that differs. @param first, second  how each was made
void must_be_same(const view_type& type, const memory_rows& a, std::string_view first,
                  const memory_rows& b, std::string_view second, const report& so_far,
                  std::string_view headline) {
  const auto& left = a.entries(row_table::rows);
  const auto& right = b.entries(row_table::rows);
  const auto shown = [&](const memory_rows::table& rows, const std::string& key) {
    const auto at = rows.find(key);
    return at == rows.end() ? std::string("no row") : show_stored(type, at->second);
  };
  const auto compare = [&](const std::string& key) {
    const auto x = left.find(key), y = right.find(key);
    if (x != left.end() && y != right.end() && x->second == y->second) return;
    report(so_far)
        .line("row", key)
        .line(first, shown(left, key))
        .line(second, shown(right, key))
        .fail(promise::folds_agree, headline);
  };
  for (const auto& one : left) compare(one.first);
  for (const auto& one : right) compare(one.first);
}

/// The entries that the rows lead to now.
memory_rows indexed_again(const view_type& type, const memory_rows& from, const report& so_far) {
  memory_rows again;
  row_session session(type, again);
  const auto must = [&](const result<void>& done) {
    if (!done)
      report(so_far)
          .line("error", done.error().to_string())
          .fail(promise::index_repeats, "the rows cannot be indexed again");
  };
  for (const auto& [key, stored] : from.entries(row_table::rows)) {
    auto opened = session.open(key);
    must(opened ? type.decode(as_bytes_view(stored), *opened) : result<void>(opened.error()));
    must(session.changed(key));
  }
  must(session.flush());
  return again;
}

} // namespace

void tested_view::check_names(const report& so_far) const {
  if (const auto ok = check_view_type(*type); !ok)
    report(so_far)
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this view");
}

void tested_view::fold(const std::vector<recorded>& past, const report& so_far) {
  const folding with(*type, past, so_far);
  auto live = with.one_at_a_time(false);
  const auto at_once = with.all_at_once([&](row_session& session) {
    for (const auto& [key, stored] : live.entries(row_table::rows))
      if (const auto row = session.find(key); row && *row != nullptr)
        round_trip(*row, report(so_far).line("row", key));
  });
  must_be_same(*type, live, "singly", at_once, "at once", so_far,
               "rows depend on how many events a transaction folds: they may depend on the events "
               "only");
  must_be_same(*type, live, "live", with.one_at_a_time(true), "replayed", so_far,
               "folding the same events again leads to other rows: they may depend on the events "
               "only, not on a clock or on being replayed");
  rows = std::make_shared<memory_rows>(std::move(live));
  const auto& entries = rows->entries(row_table::indexes);
  if (entries != at_once.entries(row_table::indexes) ||
      entries != indexed_again(*type, *rows, so_far).entries(row_table::indexes))
    report(so_far)
        .list("rows", show_rows())
        .fail(promise::index_repeats,
              "the same rows are indexed in two ways: a column may depend on "
              "what serialize shows of its row only");
}

std::vector<std::string> tested_view::show_rows() const {
  std::vector<std::string> shown;
  if (rows)
    for (const auto& [key, stored] : rows->entries(row_table::rows))
      shown.push_back(key + ' ' + show_stored(*type, stored));
  return shown;
}

std::vector<std::string> tested_view::scan(const scan_options& options,
                                           const report& so_far) const {
  std::vector<std::string> keys;
  const auto plan = plan_scan(*type, options);
  const auto scanned = plan ? scan_rows(*rows, *plan, options.limit,
                                        [&](std::string_view key, bytes_view) {
                                          keys.emplace_back(key);
                                          return true;
                                        })
                            : result<std::string>(plan.error());
  if (!scanned)
    report(so_far)
        .line("error", scanned.error().to_string())
        .fail(promise::valid_test, "the view cannot be scanned so");
  return keys;
}

const tested_view* tested_picture::find(std::string_view view) {
  const auto at = std::ranges::find(views_, view, [](const auto& v) { return v.type->name; });
  if (at != views_.end()) return &*at;
  missing_ = view;
  return nullptr;
}

result<void> tested_picture::with_rows(const std::type_info* type, std::string_view view,
                                       const use_rows& use) {
  const auto* found = find(view);
  if (found == nullptr || (type != nullptr && *type != *found->type->type))
    return error(domain_errc::unknown_view, std::string(view));
  return use(*found->type, *found->rows);
}

result<std::vector<position>> tested_picture::positions(std::string_view view) {
  if (find(view) == nullptr) return error(domain_errc::unknown_view, std::string(view));
  return std::vector{position{0, events_}};
}

} // namespace acta::testing::detail
