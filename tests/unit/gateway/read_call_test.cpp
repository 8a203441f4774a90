// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "read_call.hpp"

#include <acta/domain/codec/errc.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/view.hpp>

#include <catch2/catch.hpp>

namespace read_call_test {

using namespace acta::http;
using namespace std::chrono_literals;
using acta::column_value;

namespace {

request made(method how, std::string target, std::string_view accept = {}) {
  request r;
  r.how = how;
  r.target = std::move(target);
  r.host.set("localhost:8080");
  if (!accept.empty()) r.accept.set(accept);
  return r;
}

struct understood {
  request asked;
  acta::http::target parts;
  call what;
  std::optional<problem> wrong;

  explicit understood(request r, const acta::gateway_options& options = {}) : asked(std::move(r)) {
    wrong = understand(asked, parts, what, options, known_hosts("127.0.0.1", {}));
  }
  understood(method how, std::string target) : understood(made(how, std::move(target))) {}
  understood(const understood&) = delete;
};

/// What is wrong with a GET.
std::string mistake(std::string target, std::string_view accept = {}) {
  const understood u(made(method::get, std::move(target), accept));
  if (!u.wrong) return "nothing";
  CHECK(u.wrong->status == 400);
  return u.wrong->detail;
}

struct stored {
  template <class A> void serialize(A&) {}
};
struct product {
  static constexpr std::string_view name = "products";
  using events = acta::one_of<stored>;
  std::string category;
  std::int64_t price = 0;
  double rating = 0;
  bool sold_out = false;
  acta::time_point since{};

  void evolve(const stored&) {}
  static auto indexes() {
    return acta::indexes(acta::index("by_category_and_price", &product::category, &product::price),
                         acta::index("by_rating", &product::rating),
                         acta::index("by_sold_out", &product::sold_out),
                         acta::index("by_age", &product::since));
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(category), CEREAL_NVP(price), CEREAL_NVP(rating), CEREAL_NVP(sold_out),
       CEREAL_NVP(since));
  }
};

acta::result<acta::scan_options> scan(const std::string& query) {
  static const auto view = acta::make_view_type<product>();
  const understood u(method::get, "/v1/views/products?" + query);
  REQUIRE_FALSE(u.wrong);
  return scan_of(u.parts, view);
}
std::string scan_mistake(const std::string& query) {
  const auto s = scan(query);
  return s ? "nothing" : std::string(s.error().detail());
}

} // namespace

TEST_CASE("routes of views, queries and events are told apart from aggregates") {
  CHECK(understood(method::get, "/v1/views").what.to == route::views);
  const understood rows(method::get, "/v1/views/carts?limit=5");
  REQUIRE_FALSE(rows.wrong);
  CHECK(rows.what.to == route::rows);
  CHECK(rows.what.name == "carts");
  const understood row(method::head, "/v1/views/carts/a%2Fb");
  REQUIRE_FALSE(row.wrong);
  CHECK(row.what.to == route::row);
  CHECK(row.what.key == "a/b");
  for (const auto how : {method::get, method::head, method::post}) {
    const understood query(how, "/v1/queries/items_in_cart");
    REQUIRE_FALSE(query.wrong);
    CHECK(query.what.to == route::query);
    CHECK(query.what.name == "items_in_cart");
  }
  CHECK(understood(method::get, "/v1/events").what.to == route::all_events);
  // What is not the gateway's own still belongs to aggregates.
  CHECK(understood(method::get, "/v1/view/42").what.to == route::state);
}

TEST_CASE("unknown routes of the read side are 404, known ones with another method 405") {
  for (const auto* path : {"/v1/views/", "/v1/views//42", "/v1/views/carts/", "/v1/views/a/b/c",
                           "/v1/queries", "/v1/queries/", "/v1/queries/a/b", "/v1/events/0:1",
                           "/v1/events/0:1/how", "/v1/events/0:1/why/not"}) {
    for (const auto how : {method::get, method::post}) {
      INFO(path);
      const understood u(how, path);
      REQUIRE(u.wrong);
      CHECK(u.wrong->status == 404);
    }
  }
  for (const auto* path : {"/v1/views", "/v1/views/carts", "/v1/views/carts/1", "/v1/events"}) {
    INFO(path);
    const understood u(method::post, path);
    REQUIRE(u.wrong);
    CHECK(u.wrong->status == 405);
    CHECK(u.wrong->allow == "GET, HEAD");
  }
  CHECK(understood(method::other, "/v1/queries/q").wrong->allow == "GET, HEAD, POST");
}

TEST_CASE("an event that is asked about is named by its position") {
  const understood u(method::get, "/v1/events/3:17/why");
  REQUIRE_FALSE(u.wrong);
  CHECK(u.what.to == route::why);
  CHECK(u.what.event == acta::position{3, 17});
  for (const auto* path : {"/v1/events/17/why", "/v1/events/a:b/why", "/v1/events//why"}) {
    INFO(path);
    const understood wrong(method::get, path);
    REQUIRE(wrong.wrong);
    CHECK(wrong.wrong->status == 400);
  }
  CHECK(understood(method::get, "/v1/events/0:1/why?deep=yes").wrong->status == 400);
  CHECK(understood(method::post, "/v1/events/0:1/why").wrong->status == 405);
}

TEST_CASE("a read says what it wants to see, and how long it waits for that") {
  const understood plain(method::get, "/v1/views/carts/1");
  CHECK(plain.what.read.at_least == acta::position{});
  CHECK(plain.what.read.timeout == 1s);
  for (const auto* path : {"/v1/views/carts/1", "/v1/views/carts", "/v1/queries/q"}) {
    const understood u(method::get, std::string(path) + "?at_least=1:17&timeout=250ms");
    REQUIRE_FALSE(u.wrong);
    CHECK(u.what.read.at_least == acta::position{1, 17});
    CHECK(u.what.read.timeout == 250ms);
  }
  CHECK(mistake("/v1/views/carts/1?at_least=17") == "at_least must be one position, such as 0:17");
  CHECK(mistake("/v1/queries/q?at_least=0:1,1:1") == "at_least must be one position, such as 0:17");
  CHECK(mistake("/v1/views/carts?timeout=5") ==
        "timeout: '5' has no unit; a duration is a whole number and one of us ms s min h d, such "
        "as \"500ms\"");
  CHECK(mistake("/v1/views/carts?timeout=31s") == "timeout must be at most 30s");
  CHECK(mistake("/v1/queries/q?timeout=1s&timeout=2s") ==
        "query parameter 'timeout' is given twice");
  CHECK(mistake("/v1/views/carts/1?limit=1") ==
        "unknown query parameter 'limit'; known are at_least, timeout");
  CHECK(mistake("/v1/views?limit=1") == "unknown query parameter 'limit'; none is known here");
}

TEST_CASE("bounds in a query string are read as the columns of the index are") {
  const auto one = scan("index=by_category_and_price&equal=books&limit=7&cursor=ab&reverse=true");
  REQUIRE(one);
  CHECK(one->index == "by_category_and_price");
  CHECK(one->equal->values() == std::vector<column_value>{"books"});
  CHECK(one->limit == 7);
  CHECK(one->cursor == "ab");
  CHECK(one->reverse);
  const auto two = scan("index=by_category_and_price&from=%5B%22books%22%2C1000%5D&to=books");
  REQUIRE(two);
  CHECK(two->from->values() == std::vector<column_value>{"books", std::int64_t{1000}});
  CHECK(two->to->values() == std::vector<column_value>{"books"});
  CHECK(two->limit == 100);
  CHECK_FALSE(two->reverse);
  CHECK(scan("index=by_rating&from=1")->from->values() == std::vector<column_value>{1.0});
  CHECK(scan("index=by_sold_out&equal=true")->equal->values() == std::vector<column_value>{true});
  CHECK(scan("index=by_age&to=2026-11-22T12:00:00+02:00")->to->values() ==
        std::vector<column_value>{*acta::parse_rfc3339("2026-11-22T10:00:00Z")});
  CHECK(scan("prefix=a1")->prefix->values() == std::vector<column_value>{"a1"});
}

TEST_CASE("a bad bound names its parameter") {
  CHECK(scan_mistake("index=by_rating&from=good") ==
        "from: the column is of kind real, the bound is 'good'");
  CHECK(scan_mistake("index=by_category_and_price&to=%5B%22books%22%2C%22dear%22%5D") ==
        "to: value 2: the column is of kind integer, the bound is text 'dear'");
  CHECK(scan_mistake("equal=%5B%22a%22%2C%22b%22%5D") == "equal: it has 2 values, expected 1 to 1");
  CHECK(scan_mistake("index=by_color&equal=red") ==
        "index: view 'products' has no index 'by_color'");
  CHECK(scan("index=by_color").error().code() == acta::domain_errc::unknown_index);
  CHECK(scan_mistake("reverse=yes") == "reverse must be true or false");
  CHECK(scan_mistake("limit=0") == "limit must be 1..10000");
  CHECK(scan_mistake("limit=10001") == "limit must be 1..10000");
}

TEST_CASE("a query's parameters are its fields, but for those of every read") {
  acta::query_type query;
  query.request_shape = "{cart:string,most:?u32}";
  const auto asked = [&](const std::string& parameters) {
    const understood u(method::get, "/v1/queries/q?" + parameters);
    REQUIRE_FALSE(u.wrong);
    return request_of(u.parts, query);
  };
  CHECK(*asked("cart=4%2F2&most=5&at_least=0:1&timeout=1s") == R"({"cart":"4/2","most":5})");
  CHECK(*asked("cart=42") == R"({"cart":"42","most":null})");
  for (const auto& [parameters, pointer] :
       {std::pair{"most=5", "/cart"}, {"cart=42&least=1", "/least"}, {"cart=42&most=x", "/most"}}) {
    INFO(parameters);
    const auto no = asked(parameters);
    REQUIRE_FALSE(no);
    CHECK(no.error().code() == acta::codec_errc::json_invalid);
    CHECK(no.error().where() == pointer);
  }
}

TEST_CASE("events are asked for from a checkpoint on, filtered, in pages or as a stream") {
  const understood page(method::get, "/v1/events?from=0:5,1:1&limit=1000&type=a.x,b.y&aggregate=a");
  REQUIRE_FALSE(page.wrong);
  CHECK_FALSE(page.what.live);
  CHECK(page.what.limit == 1000);
  CHECK(page.what.follow.from == std::vector<acta::position>{{0, 5}, {1, 1}});
  CHECK(page.what.follow.filter.types == std::vector<std::string>{"a.x", "b.y"});
  CHECK(page.what.follow.filter.aggregates == std::vector<std::string>{"a"});
  CHECK(understood(method::get, "/v1/events").what.limit == 100);
  const understood stream(made(method::get, "/v1/events?stream=cart/42", "text/event-stream"));
  REQUIRE_FALSE(stream.wrong);
  CHECK(stream.what.live);
  CHECK(stream.what.follow.filter.stream == "cart/42");

  CHECK(mistake("/v1/events?from=0:0").starts_with("from must be positions from 1"));
  CHECK(mistake("/v1/events?from=5").starts_with("from must be positions from 1"));
  CHECK(mistake("/v1/events?from=0:1,0:2").starts_with("from must be positions from 1"));
  CHECK(mistake("/v1/events?limit=1001") == "limit must be 1..1000");
  CHECK(mistake("/v1/events?aggregate=a&stream=a/1") == "give aggregate or stream, not both");
  CHECK(mistake("/v1/events?limit=5", "text/event-stream") ==
        "limit is for pages, an event stream has no end");
}

TEST_CASE("Last-Event-ID goes on after what was seen, and wins over from") {
  auto r = made(method::get, "/v1/events?from=0:1", "text/event-stream");
  r.last_event_id.set("0:17,1:0");
  const understood u(r);
  REQUIRE_FALSE(u.wrong);
  CHECK(u.what.follow.from == std::vector<acta::position>{{0, 18}, {1, 1}});
  for (const auto* bad : {"x", "17", "0:18446744073709551615", "0:1,0:1"}) {
    INFO(bad);
    auto wrong = made(method::get, "/v1/events", "text/event-stream");
    wrong.last_event_id.set(bad);
    const understood no(wrong);
    REQUIRE(no.wrong);
    CHECK(no.wrong->code == "bad_header");
  }
  // A browser that has seen nothing yet.
  auto fresh = made(method::get, "/v1/events?from=0:3", "text/event-stream");
  fresh.last_event_id.set("");
  CHECK(understood(fresh).what.follow.from == std::vector<acta::position>{{0, 3}});
}

} // namespace read_call_test
