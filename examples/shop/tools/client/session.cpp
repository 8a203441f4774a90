// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace shop::tools {

namespace beast = boost::beast;
namespace http = beast::http;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t answer_bytes_max = std::uint64_t{16} << 20;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

/// Whether the node may answer better when it is asked again. A 4xx or 500 will be the same.
bool may_change(const answer& a) {
  return a.status == 0 || a.status == 429 || a.status == 503 || a.status == 504;
}

http::request<http::string_body> message_of(const request& r, const std::string& host) {
  http::request<http::string_body> m(r.is_command() ? http::verb::post : http::verb::get,
                                     r.target(), 11);
  m.set(http::field::host, host);
  if (r.is_command()) {
    m.set(http::field::content_type, "application/json");
    m.set("Idempotency-Key", r.key());
    m.body() = r.body();
  }
  m.prepare_payload();
  return m;
}

} // namespace

session::session(asio::any_io_executor executor, address to, patience limits, observer seen)
    : stream_(std::move(executor)), to_(std::move(to)), limits_(limits), seen_(std::move(seen)),
      chance_(std::random_device{}()) {}

asio::awaitable<answer> session::send(const request& r) {
  const auto begin = steady::now();
  const auto until = begin + limits_.all;
  auto pause = limits_.pause_min;
  for (unsigned attempts = 1;; ++attempts) {
    auto got = co_await attempt(r, until);
    const auto shortened = pause - pause * (chance_() % 512) / 1024;
    if (!may_change(got) || steady::now() + shortened >= until) {
      got.attempts = attempts;
      got.took = steady::now() - begin;
      if (seen_) seen_(r, got);
      co_return got;
    }
    co_await pause_for(shortened);
    pause = std::min(2 * pause, limits_.pause_max);
  }
}

asio::awaitable<answer> session::attempt(const request& r, steady::time_point until) {
  answer got;
  const auto broken = [&](const char* doing, const boost::system::error_code& why) {
    open_ = false;
    stream_.close();
    got.trouble = std::string(doing) + ": " + why.message();
    return got;
  };
  stream_.expires_at(std::min(until, steady::now() + limits_.attempt));
  if (!open_) {
    const auto [failed] = co_await stream_.async_connect(to_.endpoint, tuple);
    if (failed) co_return broken("connecting", failed);
    open_ = true;
    boost::system::error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  auto message = message_of(r, to_.host);
  const auto [unsent, sent] = co_await http::async_write(stream_, message, tuple);
  if (unsent) co_return broken("sending", unsent);

  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  buffer_.clear();
  const auto [unread, read] = co_await http::async_read(stream_, buffer_, parser, tuple);
  if (unread) co_return broken("receiving", unread);
  if (!parser.keep_alive()) {
    open_ = false;
    stream_.close();
  }
  got.status = parser.get().result_int();
  boost::system::error_code not_json;
  got.body = json::parse(parser.get().body(), not_json);
  if (not_json) got.body = nullptr;
  co_return got;
}

asio::awaitable<void> pause_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

} // namespace shop::tools
