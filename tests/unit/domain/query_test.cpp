// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "items.hpp"

#include <acta/domain/query.hpp>

#include <stdexcept>

namespace query_test {

using acta::key;
using items::item;

namespace {

/// The items, and nothing else.
class source final : public acta::detail::row_source {
public:
  acta::testing::memory_rows rows;

  acta::result<void> with_rows(const std::type_info*, std::string_view view,
                               const use_rows& use) override {
    if (view != "items") return acta::error(acta::domain_errc::unknown_view, std::string(view));
    return use(items::type(), rows);
  }
  acta::result<std::vector<acta::position>> positions(std::string_view) override {
    return std::vector{acta::position{0, 7}};
  }
};

std::shared_ptr<source> some_items() {
  auto s = std::make_shared<source>();
  items::put(s->rows, "a", {.owner = "ada", .rank = 1});
  items::put(s->rows, "b", {.owner = "bob", .rank = 2});
  items::put(s->rows, "c", {.owner = "ada", .rank = 3});
  return s;
}

struct unknown : items::view {
  static constexpr std::string_view name = "unknown";
};

struct ranks {
  std::int64_t sum = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum)); }
};
struct sum_of_ranks {
  static constexpr std::string_view name = "sum_of_ranks";
  using reply = ranks;
  std::string owner;

  acta::result<reply> answer(const acta::picture& p) const {
    if (owner == "nobody") return acta::error(acta::errc::not_found, "nobody has nothing");
    if (owner == "mallory") throw std::runtime_error("boom");
    if (owner == "eve") throw 1;
    ranks r;
    auto read = p.view<items::view>().each({.index = "by_owner", .equal = key(owner)},
                                           [&](std::string_view, item i) { r.sum += i.rank; });
    if (!read) return std::move(read).error();
    return r;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};

} // namespace

TEST_CASE("a picture gives rows by key, in pages, all of a range, and their number") {
  const acta::picture picture(some_items());
  const auto view = picture.view<items::view>();
  CHECK(view.get("b")->owner == "bob");

  const auto first = view.scan({.limit = 2});
  REQUIRE(first);
  REQUIRE(first->rows.size() == 2);
  CHECK(first->rows[1].key == "b");
  CHECK(first->rows[1].row.rank == 2);
  const auto second = view.scan({.limit = 2, .cursor = first->next});
  REQUIRE(second);
  REQUIRE(second->rows.size() == 1);
  CHECK(second->rows[0].key == "c");
  CHECK(second->next.empty());

  std::string seen;
  REQUIRE(view.each({.reverse = true, .limit = 1},
                    [&](std::string_view k, const item&) { seen += k; }));
  CHECK(seen == "cba");
  seen.clear();
  REQUIRE(view.each({}, [&](std::string_view k, const item&) {
    seen += k;
    return k != "b";
  }));
  CHECK(seen == "ab");

  CHECK(*view.count() == 3);
  CHECK(*view.count({.index = "by_owner", .equal = key("ada")}) == 2);
  CHECK(view.positions()->front() == acta::position{0, 7});
}

TEST_CASE("a row that is not there and one that cannot be are both not found") {
  const acta::picture picture(some_items());
  const auto view = picture.view<items::view>();
  for (const auto& absent : {std::string("d"), std::string(), std::string(600, 'x')}) {
    const auto found = view.get(absent);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == acta::errc::not_found);
  }
}

TEST_CASE("a key that a table could not look for never reaches it") {
  struct counting final : acta::detail::row_source {
    items::counted_rows rows;
    acta::result<void> with_rows(const std::type_info*, std::string_view,
                                 const use_rows& use) override {
      return use(items::type(), rows);
    }
    acta::result<std::vector<acta::position>> positions(std::string_view) override {
      return std::vector<acta::position>();
    }
  };
  const auto counted = std::make_shared<counting>();
  const acta::picture picture(counted);
  CHECK_FALSE(picture.view<items::view>().get(std::string(600, 'x')));
  CHECK_FALSE(picture.view<items::view>().get(""));
  CHECK(counted->rows.reads.empty());
}

TEST_CASE("errors of a view reach whoever asks for its rows") {
  const auto s = some_items();
  const acta::picture picture(s);
  CHECK(picture.view<unknown>().get("a").error().code() == acta::domain_errc::unknown_view);
  CHECK(picture.view<unknown>().scan().error().code() == acta::domain_errc::unknown_view);
  CHECK(picture.view<unknown>().count().error().code() == acta::domain_errc::unknown_view);
  const auto view = picture.view<items::view>();
  CHECK(view.scan({.index = "none"}).error().code() == acta::domain_errc::unknown_index);
  CHECK(view.count({.limit = 0}).error().code() == acta::errc::invalid_argument);

  REQUIRE(s->rows.put(acta::row_table::rows, acta::as_bytes_view("bad"), acta::as_bytes_view("?")));
  CHECK(view.get("bad").error().code() == acta::codec_errc::decode_failed);
  CHECK(view.scan().error().code() == acta::codec_errc::decode_failed);
  CHECK(view.each({}, [](auto, const item&) {}).error().code() == acta::codec_errc::decode_failed);
}

TEST_CASE("a query answers through its table, from JSON to JSON") {
  const auto type = acta::make_query_type<sum_of_ranks>({.cached = true});
  CHECK(type.name == "sum_of_ranks");
  CHECK(type.options.cached);
  const auto request = type.from_json(R"({"owner":"ada"})");
  REQUIRE(request);
  const acta::picture picture(some_items());
  const auto reply = type.answer(request->get(), picture);
  REQUIRE(reply);
  std::string json;
  REQUIRE(type.append_reply_json(reply->get(), json));
  CHECK(json == R"({"sum":4})");
  acta::byte_buffer bytes;
  REQUIRE(type.encode_reply(reply->get(), bytes));
  ranks decoded;
  REQUIRE(acta::decode_binary(bytes, decoded));
  CHECK(decoded.sum == 4);
  bytes.clear();
  REQUIRE(type.encode_request(request->get(), bytes));
  CHECK_FALSE(bytes.empty());
  CHECK_FALSE(type.from_json(R"({"owner":)"));
}

TEST_CASE("a query's no is its own, and its exceptions are errors that name it") {
  const auto type = acta::make_query_type<sum_of_ranks>();
  const acta::picture picture(some_items());
  const auto ask = [&](const char* owner) {
    const sum_of_ranks query{owner};
    const auto reply = type.answer(&query, picture);
    REQUIRE_FALSE(reply);
    return reply.error();
  };
  CHECK(ask("nobody").code() == acta::errc::not_found);
  CHECK(ask("mallory").code() == acta::domain_errc::query_threw);
  CHECK(ask("mallory").detail() == "sum_of_ranks: boom");
  CHECK(ask("eve").detail().find("not a std::exception") != std::string::npos);
}

} // namespace query_test
