// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/picture.hpp>
#include <acta/domain/view.hpp>
#include <acta/testing/memory_rows.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

namespace view_test {

using acta::row_fate;
using acta::row_table;
using acta::testing::memory_rows;

namespace {

struct added {
  std::string cart;
  std::int32_t count = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cart), CEREAL_NVP(count)); }
};
struct closed {
  template <class A> void serialize(A&) {}
};
struct broken {
  template <class A> void serialize(A&) {}
};

/// Folds events into tables as a runtime does, each in a batch of its own.
template <class V> struct folding {
  acta::view_type type = acta::make_view_type<V>();
  memory_rows tables;

  template <class E>
  acta::result<void> apply(acta::row_session& session, std::string stream, const E& e,
                           bool replaying = false) {
    acta::byte_buffer payload;
    REQUIRE(acta::encode_binary(e, payload));
    acta::metadata m;
    m.stream = std::move(stream);
    m.caller = "ada";
    const acta::event_context c(m, replaying);
    for (const auto& taken : type.events)
      if (*taken.type == typeid(E)) return taken.apply(payload, c, session);
    FAIL("the view does not take the event");
    return {};
  }
  template <class E> acta::result<void> operator()(std::string stream, const E& e) {
    acta::row_session session(type, tables);
    if (auto applied = apply(session, std::move(stream), e); !applied) return applied;
    return session.flush();
  }
  std::optional<acta::row_of<V>> row(std::string_view key) {
    acta::bytes_view bytes;
    if (!*tables.get(row_table::rows, acta::as_bytes_view(key), bytes)) return std::nullopt;
    acta::row_of<V> r{};
    REQUIRE(type.decode(bytes, &r));
    return r;
  }
  std::size_t rows() const { return tables.entries(row_table::rows).size(); }
};

struct carts {
  static constexpr std::string_view name = "carts";
  using events = acta::one_of<added, closed, broken>;
  std::int32_t items = 0;
  std::string last_caller;
  void evolve(const added& e, const acta::metadata& m) {
    items += e.count;
    last_caller = m.caller;
  }
  row_fate evolve(const closed&) { return items > 100 ? row_fate::keep : row_fate::remove; }
  void evolve(const broken&) { throw std::runtime_error("no such thing"); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(items), CEREAL_NVP(last_caller)); }
};

} // namespace

TEST_CASE("a fold has one row per stream, under the stream's id") {
  folding<carts> fold;
  REQUIRE(fold("cart/1", added{"", 2}));
  REQUIRE(fold("cart/1", added{"", 3}));
  REQUIRE(fold("cart/2/b", added{"", 1}));
  CHECK(fold.rows() == 2);
  CHECK(fold.row("1")->items == 5);
  CHECK(fold.row("2/b")->items == 1);
  CHECK(fold.row("1")->last_caller == "ada");
}

TEST_CASE("an evolve can remove its row, and the next event begins anew") {
  folding<carts> fold;
  REQUIRE(fold("cart/1", added{"", 2}));
  REQUIRE(fold("cart/1", closed{}));
  CHECK(fold.rows() == 0);
  REQUIRE(fold("cart/1", closed{}));
  CHECK(fold.rows() == 0);
  REQUIRE(fold("cart/1", added{"", 101}));
  REQUIRE(fold("cart/1", closed{}));
  CHECK(fold.row("1")->items == 101);
}

TEST_CASE("an exception from evolve is an error, and the tables stay as they were") {
  folding<carts> fold;
  REQUIRE(fold("cart/1", added{"", 2}));
  const auto before = fold.tables;
  const auto applied = fold("cart/1", broken{});
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == acta::domain_errc::evolve_threw);
  CHECK(applied.error().detail() == "no such thing");
  CHECK(fold.tables == before);
}

TEST_CASE("an event that cannot be decoded is an error") {
  folding<carts> fold;
  acta::row_session session(fold.type, fold.tables);
  acta::metadata m;
  m.stream = "cart/1";
  const acta::event_context c(m, false);
  const auto applied = fold.type.events[0].apply(acta::as_bytes_view("?"), c, session);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == acta::codec_errc::decode_failed);
}

namespace {
struct by_cart {
  static constexpr std::string_view name = "by_cart";
  using events = acta::one_of<added, closed>;
  std::int32_t items = 0;
  static std::optional<std::string> key(const added& e, const acta::metadata&) {
    if (e.count == 0) return std::nullopt;
    if (e.count == 13) throw std::runtime_error("unlucky");
    return e.cart;
  }
  static std::string key(const closed&, const acta::metadata& m) { return m.caller; }
  void evolve(const added& e) { items += e.count; }
  void evolve(const closed&) { items = -1; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(items)); }
};
} // namespace

TEST_CASE("a key regroups, and leaves out what has none") {
  folding<by_cart> fold;
  REQUIRE(fold("line/1", added{"x", 2}));
  REQUIRE(fold("line/2", added{"x", 3}));
  REQUIRE(fold("line/3", added{"y", 0}));
  REQUIRE(fold("line/3", closed{}));
  CHECK(fold.rows() == 2);
  CHECK(fold.row("x")->items == 5);
  CHECK(fold.row("ada")->items == -1);
}

TEST_CASE("a key that throws, or that no row can have, is an error of the event") {
  folding<by_cart> fold;
  const auto thrown = fold("line/1", added{"x", 13});
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().code() == acta::domain_errc::evolve_threw);
  const auto bad = fold("line/1", added{"", 1});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == acta::errc::invalid_argument);
  CHECK(fold.rows() == 0);
}

namespace {
struct line {
  std::string cart;
  std::int32_t count = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cart), CEREAL_NVP(count)); }
};
/// In the general form: what an event does is chosen by its cart.
struct lines {
  static constexpr std::string_view name = "lines";
  using events = acta::one_of<added>;
  using row = line;
  void project(const added& e, const acta::event_context& c, acta::rows<row>& rows) const {
    const auto id = std::string(c.id());
    const auto touch = [](row& r) { ++r.count; };
    if (e.cart == "put") rows.put(id, {"put", e.count});
    if (e.cart == "put twice") rows.put(id, {"a", 1}), rows.put(id, {"b", e.count});
    if (e.cart == "copy")
      if (const auto* found = rows.find("1")) rows.put(id, *found);
    if (e.cart == "change") rows.change(id, [&](row& r) { r.count += e.count; });
    if (e.cart == "remove") rows.put("removed", {"", rows.remove(id) ? 1 : 0});
    if (e.cart == "sum") {
      std::int32_t sum = 0;
      std::string keys;
      rows.put("new", {"put", 1000});
      rows.each({.index = "by_count"}, [&](std::string_view key, const row& r) {
        sum += r.count;
        keys += key;
      });
      rows.put("sum", {keys, sum});
    }
    if (e.cart == "bad key") {
      rows.put("", {});
      rows.put(id, {});
      if (rows.find(id) != nullptr || rows.remove(id)) throw std::logic_error("went on");
    }
    if (e.cart == "bad index") rows.each({.index = "none"}, [](auto, const auto&) {});
    if (e.cart == "throw in change") rows.change(id, [](row&) { throw std::runtime_error("no"); });
    if (e.cart == "swallow") try {
        rows.change(id, [](row& r) {
          r.count = 99;
          throw std::runtime_error("half done");
        });
      } catch (const std::exception&) {}
    if (e.cart == "throw in each")
      rows.each({}, [](auto, const auto&) { throw std::runtime_error("no"); });
    if (e.cart == "scan in change")
      rows.change(id, [&](row& r) {
        rows.each({}, [](auto, const auto&) {});
        r.count = 5;
      });
    if (e.cart == "change in change")
      rows.change(id, [&](row& r) {
        rows.change(id, touch);
        ++r.count;
      });
    if (e.cart == "find in change")
      rows.change(id, [&](row& r) {
        for (int i = 0; i < 100; ++i)
          if (const auto* other = rows.find(std::to_string(i))) r.count += other->count;
      });
    if (e.cart == "change in each")
      rows.each({}, [&](std::string_view key, const row&) { rows.change(key, touch); });
    if (e.cart == "remove in each")
      rows.each({}, [&](std::string_view key, const row&) { rows.remove(key); });
    if (e.cart == "pairs") {
      std::int32_t pairs = 0;
      rows.each({}, [&](auto, const auto&) { rows.each({}, [&](auto, const auto&) { ++pairs; }); });
      rows.put("pairs", {"", pairs});
    }
  }
  static auto indexes() { return acta::indexes(acta::index("by_count", &line::count)); }
};
} // namespace

TEST_CASE("in the general form a view reads and writes any rows") {
  folding<lines> fold;
  REQUIRE(fold("line/1", added{"put", 7}));
  REQUIRE(fold("line/2", added{"copy"}));
  CHECK(fold.row("2")->count == 7);
  REQUIRE(fold("line/2", added{"change", 3}));
  CHECK(fold.row("2")->count == 10);
  CHECK(fold.row("1")->count == 7);
  REQUIRE(fold("line/3", added{"put twice", 4}));
  CHECK(fold.row("3")->cart == "b");
  REQUIRE(fold("line/3", added{"remove"}));
  CHECK_FALSE(fold.row("3"));
  CHECK(fold.row("removed")->count == 1);
  REQUIRE(fold("line/3", added{"remove"}));
  CHECK(fold.row("removed")->count == 0);
  REQUIRE(fold("line/9", added{"find in change"}));
  CHECK(fold.row("9")->count == 17);
}

TEST_CASE("a scan from within sees what the batch has changed so far") {
  folding<lines> fold;
  REQUIRE(fold("line/2", added{"put", 1}));
  acta::row_session session(fold.type, fold.tables);
  REQUIRE(fold.apply(session, "line/1", added{"put", 2}));
  REQUIRE(fold.apply(session, "line/2", added{"change", 10}));
  REQUIRE(fold.apply(session, "line/3", added{"sum"}));
  REQUIRE(session.flush());
  CHECK(fold.row("sum")->count == 1013);
  CHECK(fold.row("sum")->cart == "12new");
  REQUIRE(fold("line/3", added{"pairs"}));
  CHECK(fold.row("pairs")->count == 16);
}

TEST_CASE("what goes wrong inside project fails the event, even if project goes on") {
  folding<lines> fold;
  REQUIRE(fold("line/1", added{"put", 7}));
  const auto fails = [&](const char* how, std::error_code code, std::string_view says) {
    CAPTURE(how);
    const auto before = fold.tables;
    const auto applied = fold("line/1", added{how});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().code() == code);
    INFO(applied.error().detail());
    CHECK(applied.error().detail().find(says) != std::string::npos);
    CHECK(fold.tables == before);
  };
  using acta::domain_errc;
  fails("bad key", acta::errc::invalid_argument, "must not be empty");
  fails("bad index", domain_errc::unknown_index, "no index 'none'");
  fails("throw in change", domain_errc::evolve_threw, "no");
  fails("throw in each", domain_errc::evolve_threw, "no");
  fails("swallow", domain_errc::evolve_threw, "half done");
}

TEST_CASE("a row that is being changed is not scanned over, nor a scan changed under its feet") {
  folding<lines> fold;
  REQUIRE(fold("line/1", added{"put", 7}));
  REQUIRE(fold("line/2", added{"put", 7}));
  const auto fails = [&](const char* how, std::string_view says) {
    const auto before = fold.tables;
    const auto applied = fold("line/1", added{how});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().detail() == says);
    CHECK(fold.tables == before);
  };
  fails("scan in change", "view 'lines' tried to scan rows from within change()");
  fails("change in change", "view 'lines' tried to change or put a row from within change()");
  fails("change in each", "view 'lines' tried to change or put a row from within each()");
  fails("remove in each", "view 'lines' tried to remove a row from within each()");
}

namespace {
struct throwing_default {
  throwing_default() { throw std::runtime_error("no default"); }
  template <class A> void serialize(A&) {}
};
struct strict {
  static constexpr std::string_view name = "strict";
  using events = acta::one_of<throwing_default>;
  void evolve(const throwing_default&) {}
  template <class A> void serialize(A&) {}
};
} // namespace

TEST_CASE("an event whose constructor throws is an error, not the end of the program") {
  const auto type = acta::make_view_type<strict>();
  memory_rows tables;
  acta::row_session session(type, tables);
  acta::metadata m;
  m.stream = "cart/1";
  const auto applied = type.events[0].apply({}, acta::event_context(m, false), session);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().detail() == "no default");
}

namespace {

template <unsigned Schema> struct versioned : carts { static constexpr unsigned schema = Schema; };
struct indexed : carts {
  static auto indexes() { return acta::indexes(acta::index("by_items", &indexed::items)); }
};
struct uniquely_indexed : carts {
  static auto indexes() {
    return acta::indexes(acta::unique_index("by_items", &uniquely_indexed::items));
  }
};
struct fewer_events : carts {
  using events = acta::one_of<added, closed>;
};
struct fewer_fields : carts {
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(items)); }
};

} // namespace

TEST_CASE("fingerprints tell when rows can be read and when they must be built anew") {
  const auto base = acta::make_view_type<carts>();
  CHECK(acta::make_view_type<carts>({.attempts = 9}).fingerprint == base.fingerprint);
  const auto later = acta::make_view_type<versioned<2>>();
  CHECK(later.layout_fingerprint == base.layout_fingerprint);
  CHECK(later.fingerprint != base.fingerprint);
  const auto fewer = acta::make_view_type<fewer_events>();
  CHECK(fewer.layout_fingerprint == base.layout_fingerprint);
  CHECK(fewer.fingerprint != base.fingerprint);
  const auto with_index = acta::make_view_type<indexed>();
  const auto with_unique = acta::make_view_type<uniquely_indexed>();
  CHECK(with_index.layout_fingerprint != base.layout_fingerprint);
  CHECK(with_unique.layout_fingerprint != with_index.layout_fingerprint);
  CHECK(acta::make_view_type<fewer_fields>().layout_fingerprint != base.layout_fingerprint);
}

TEST_CASE("the id of an event's stream is all behind the aggregate's name") {
  acta::metadata m;
  const acta::event_context c(m, true);
  CHECK(c.replaying());
  m.stream = "cart/42";
  CHECK(c.id() == "42");
  m.stream = "cart/a/b";
  CHECK(c.id() == "a/b");
}

} // namespace view_test
