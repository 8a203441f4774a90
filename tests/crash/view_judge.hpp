// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Judges the files of views against the journal: the rows of every generation must be those that
/// the events up to its checkpoint make, each folded once, by plain loops that share nothing with
/// the projections.
#pragma once

#include "views.hpp"

#include <acta/persistence/store.hpp>
#include <acta/persistence/view_store.hpp>
#include <acta/testing/memory_rows.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace crash {

/// Everything that was committed.
struct journal {
  struct event {
    std::string stream_id;
    acta::version_number version;
    std::variant<test::added, test::noted> what;
  };
  acta::uuid store_id;
  std::vector<std::vector<event>> partitions; ///< position 1 comes first

  /// Nothing if there is no store yet.
  static std::optional<journal> find(const std::filesystem::path& folder) {
    acta::persistence::store_options existing;
    existing.create = false; // what is judged must not be made by its judge
    auto store = acta::persistence::store::open(folder, existing);
    if (!store && store.error().code() == acta::persistence::errc::no_store) return std::nullopt;
    if (!store) FAIL(store.error());
    journal all;
    all.store_id = (*store)->id();
    for (const auto& p : (*store)->partitions()) {
      auto& events = all.partitions.emplace_back();
      std::string wrong;
      const auto done = p->read_log(1, [&](const acta::persistence::commit_view& c) {
        c.for_each_event([&](const acta::persistence::event_view& e) {
          auto& event =
              events.emplace_back(journal::event{std::string(c.header().stream_id), e.version});
          if (p->name_of(e.name) == "counter.noted") event.what = test::noted{};
          const auto decode = [&](auto& to) { return acta::decode_binary(e.payload, to); };
          if (e.position != events.size() || !std::visit(decode, event.what))
            wrong = "the journal is not sound at " + std::to_string(e.position);
        });
        return wrong.empty();
      });
      if (!done) FAIL(done.error());
      if (!wrong.empty()) FAIL(wrong);
    }
    return all;
  }
};

// -- what rows must be -----------------------------------------------------------------

template <class V> using expected_rows = std::map<std::string, acta::row_of<V>, std::less<>>;

/// The views that are folds.
template <class V, class E>
void expect(std::type_identity<V>, expected_rows<V>& rows, const E& e, const std::string& stream_id,
            const acta::metadata& m) {
  std::optional<std::string> key = stream_id;
  if constexpr (requires { V::key(e, m); }) key = V::key(e, m);
  if (!key) return;
  auto& row = rows[*key];
  if constexpr (requires { row.evolve(e, m) == acta::row_fate::remove; }) {
    if (row.evolve(e, m) == acta::row_fate::remove) rows.erase(*key);
  } else {
    row.evolve(e, m);
  }
}
template <class E>
void expect(std::type_identity<test::ledger>, expected_rows<test::ledger>& rows, const E& e,
            const std::string&, const acta::metadata& m) {
  auto& row = rows[std::to_string(m.position.partition)];
  ++row.events;
  row.last = m.position.number;
  if constexpr (requires { e.amount; }) row.sum += e.amount;
}
template <class E>
void expect(std::type_identity<baton>, expected_rows<baton>& rows, const E&,
            const std::string& stream_id, const acta::metadata& m) {
  auto& partition = rows[baton::key_of_partition(m.position.partition)];
  if (!partition.holder.empty()) rows[partition.holder].held.reset();
  partition.holder = stream_id;
  partition.last = m.position.number;
  rows[stream_id] = {m.position.partition, {}, m.position.number};
}

/// The rows after the first `checkpoints[p]` events of each partition.
template <class V>
expected_rows<V> expect_rows(const journal& j, std::span<const std::uint64_t> checkpoints) {
  expected_rows<V> rows;
  acta::metadata m;
  for (std::uint32_t p = 0; p < j.partitions.size(); ++p)
    for (std::uint64_t n = 1; n <= checkpoints[p]; ++n) {
      const auto& event = j.partitions[p][n - 1];
      m.version = event.version;
      m.position = {p, n};
      std::visit(
          [&]<class E>(const E& e) {
            if constexpr (acta::detail::contains<E, typename V::events>)
              expect(std::type_identity<V>{}, rows, e, event.stream_id, m);
          },
          event.what);
    }
  return rows;
}

// -- what is in the files -----------------------------------------------------------------

using table = acta::testing::memory_rows::table;

inline table read_table(acta::row_reader& from, acta::row_table which) {
  table all;
  auto cursor = from.scan(which);
  if (!cursor) FAIL(cursor.error());
  acta::table_entry entry;
  auto found = (*cursor)->seek({}, entry);
  for (; found && *found; found = (*cursor)->next(entry))
    all.emplace(acta::as_text(entry.key), acta::as_text(entry.value));
  if (!found) FAIL(found.error());
  return all;
}

/// The index entries that these rows should have.
template <class Row>
table indexes_of(const acta::view_type& type, const std::map<std::string, Row, std::less<>>& rows) {
  acta::testing::memory_rows made;
  acta::row_session session(type, made);
  for (const auto& [key, row] : rows) {
    auto opened = session.open(key);
    if (!opened) FAIL(opened.error());
    type.assign(*opened, &row);
    const auto changed = session.changed(key);
    if (!changed) FAIL(changed.error());
  }
  const auto flushed = session.flush();
  if (!flushed) FAIL(flushed.error());
  return made.entries(acta::row_table::indexes);
}

struct found_generation {
  std::uint32_t number = 0;
  bool built = false;
  bool paused = false;
  std::vector<std::uint64_t> checkpoints; ///< by partition
};

template <class V>
found_generation judge_generation(const std::filesystem::path& folder, const journal& j) {
  INFO(folder.filename());
  const auto type = acta::make_view_type<V>();
  auto store = acta::persistence::open_view_store(
      folder, {j.store_id, type.name, type.layout_fingerprint, type.fingerprint}, {});
  if (!store) FAIL(store.error());
  auto reading = (*store)->read();
  if (!reading) FAIL(reading.error());
  auto& from = **reading;
  const auto head = from.head();
  if (!head) FAIL(head.error());
  REQUIRE(head->fingerprint == type.fingerprint);
  REQUIRE(from.dead_letter_count().value() == 0);

  const auto name = folder.filename().string();
  found_generation found{static_cast<std::uint32_t>(std::stoul(name.substr(name.find('@') + 1))),
                         head->built,
                         head->paused,
                         {}};
  for (std::uint32_t p = 0; p < j.partitions.size(); ++p) {
    found.checkpoints.push_back(from.checkpoint(p).value().position);
    CAPTURE(p, found.checkpoints.back(), j.partitions[p].size());
    REQUIRE(found.checkpoints.back() <= j.partitions[p].size()); // never ahead of what is committed
  }

  expected_rows<V> rows;
  for (const auto& [key, bytes] : read_table(from, acta::row_table::rows)) {
    auto decoded = acta::decode_binary<acta::row_of<V>>(acta::as_bytes_view(bytes));
    if (!decoded) FAIL(decoded.error());
    rows.emplace(key, std::move(*decoded));
  }
  const auto expected = expect_rows<V>(j, found.checkpoints);
  for (const auto& [key, row] : expected) {
    INFO("row " << key);
    const auto at = rows.find(key);
    REQUIRE(at != rows.end());
    REQUIRE((at->second == row));
  }
  REQUIRE(rows.size() == expected.size());
  REQUIRE((read_table(from, acta::row_table::indexes) == indexes_of(type, rows)));
  return found;
}

/// By view.
using found_views = std::map<std::string, std::vector<found_generation>, std::less<>>;

/// Judges every generation under `folder`, which is opened, and so changed.
inline found_views judge_views(const std::filesystem::path& folder, const journal& j) {
  found_views found;
  if (!std::filesystem::exists(folder)) return found;
  for (const auto& at : std::filesystem::directory_iterator(folder)) {
    const auto name = at.path().filename().string();
    if (name.ends_with(".gone")) continue; // no generation any more
    const auto view = name.substr(0, name.find('@'));
    bool known = false;
    [&]<class... Vs>(acta::one_of<Vs...>) {
      ((view == Vs::name ? (known = true, found[view].push_back(judge_generation<Vs>(at.path(), j)))
                         : void()),
       ...);
    }(views{});
    INFO(name);
    REQUIRE(known);
  }
  return found;
}

} // namespace crash
