// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A row with indexes of every form, and a view that puts whatever its events say.
#pragma once

#include <acta/domain/view.hpp>
#include <acta/testing/memory_rows.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <stdexcept>

namespace items {

struct item {
  std::string owner;
  std::optional<std::string> email;
  std::int32_t rank = 0;
  bool open = true;
  bool operator==(const item&) const = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(owner), CEREAL_NVP(email), CEREAL_NVP(rank), CEREAL_NVP(open));
  }
};

/// Never folded: tests of sessions and scans write its rows themselves.
struct nothing {
  template <class A> void serialize(A&) {}
};
struct view {
  static constexpr std::string_view name = "items";
  using events = acta::one_of<nothing>;
  using row = item;
  void project(const nothing&, const acta::event_context&, acta::rows<row>&) const {}
  static auto indexes() {
    return acta::indexes(acta::index("by_owner", &item::owner),
                         acta::unique_index("by_email", &item::email),
                         acta::index("by_open_and_rank", &item::open, &item::rank),
                         acta::index("by_owner_and_rank", &item::owner, &item::rank),
                         acta::index("strict", [](const item& i) -> std::optional<std::string> {
                           if (i.owner == "bad") throw std::runtime_error("no such owner");
                           return std::nullopt;
                         }));
  }
};

inline const acta::view_type& type() {
  static const auto t = acta::make_view_type<view>();
  return t;
}

/// Counts what goes through it.
struct counted_rows : acta::testing::memory_rows {
  std::map<std::string, int> reads, writes, erases;
  using memory_rows::get, memory_rows::put, memory_rows::erase;
  acta::result<bool> get(acta::row_table t, acta::bytes_view key, acta::bytes_view& v) override {
    if (t == acta::row_table::rows) ++reads[std::string(acta::as_text(key))];
    return memory_rows::get(t, key, v);
  }
  acta::result<void> put(acta::row_table t, acta::bytes_view key, acta::bytes_view v) override {
    if (t == acta::row_table::rows) ++writes[std::string(acta::as_text(key))];
    return memory_rows::put(t, key, v);
  }
  acta::result<void> erase(acta::row_table t, acta::bytes_view key) override {
    if (t == acta::row_table::rows) ++erases[std::string(acta::as_text(key))];
    return memory_rows::erase(t, key);
  }
};

/// In one session.
inline acta::result<void> put(acta::row_session& session, std::string_view key, const item& value) {
  auto opened = session.open(key);
  if (!opened) return std::move(opened).error();
  *static_cast<item*>(*opened) = value;
  return session.changed(key);
}
/// In a session of its own.
inline void put(acta::row_writer& to, std::string_view key, const item& value) {
  acta::row_session session(type(), to);
  REQUIRE(put(session, key, value));
  REQUIRE(session.flush());
}
inline void remove(acta::row_writer& to, std::string_view key) {
  acta::row_session session(type(), to);
  REQUIRE(session.remove(key));
  REQUIRE(session.flush());
}
inline std::optional<item> get(acta::row_reader& from, std::string_view key) {
  acta::bytes_view bytes;
  const auto found = from.get(acta::row_table::rows, acta::as_bytes_view(key), bytes);
  REQUIRE(found);
  if (!*found) return std::nullopt;
  item row;
  REQUIRE(acta::decode_binary(bytes, row));
  return row;
}

} // namespace items
