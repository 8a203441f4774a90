// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "audit.hpp"
#include "progress.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace shop::load {

namespace json = boost::json;
using tools::request;
using tools::session;
using tools::asio::awaitable;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::int64_t received_at_once_max = 1'000'000;

/// What the coroutines of a run share beside the shop.
struct crowd {
  shop_floor& floor;
  tools::patience limits;
  session::observer seen;
  std::exception_ptr failure{}; ///< the first
  std::size_t next = 0;         ///< customer, or article
  std::size_t at_work = 0;      ///< coroutines

  [[nodiscard]] std::unique_ptr<session> line(const tools::asio::any_io_executor& executor) const {
    return std::make_unique<session>(executor, floor.settings.node, limits, seen);
  }
};

awaitable<tools::answer> must(session& line, const request& r) {
  auto done = co_await line.send(r);
  if (!done.ok()) throw std::runtime_error(r.target() + ": " + done.describe());
  co_return done;
}

awaitable<void> offer(session& line, article& what) {
  json::object product;
  product["name"] = what.name;
  product["category"] = what.category;
  product["price"] = {{"amount", what.price}, {"currency", currency}};
  const auto listing = request::command("product", what.sku, "list_product", product);
  const auto listed = co_await must(line, listing);
  what.listed = listed.position();
  for (auto left = what.received; left > 0; left -= received_at_once_max) {
    json::object delivery;
    delivery["quantity"] = std::min(left, received_at_once_max);
    const auto receiving = request::command("stock", what.sku, "receive_stock", delivery);
    co_await must(line, receiving);
  }
}

awaitable<void> enroll(session& line, const options& o, std::size_t number) {
  json::object who;
  who["name"] = "Customer " + std::to_string(number);
  who["email"] = customer::email_of(o, number);
  const auto registering =
      request::command("customer", customer::id_of(o, number), "register", who);
  co_await must(line, registering);
}

/// Starts `concurrency` coroutines, which take the numbers 0 to `count` - 1 one after another, and
/// waits until all have ended.
template <class F> awaitable<void> for_each(crowd& all, std::size_t count, const F& work) {
  const auto executor = co_await tools::asio::this_coro::executor;
  all.next = 0;
  const auto one = [&all, &work, count, executor]() -> awaitable<void> {
    try {
      const auto line = all.line(executor);
      while (all.next < count && !all.failure) co_await work(*line, all.next++);
    } catch (...) {
      if (!all.failure) all.failure = std::current_exception();
    }
    --all.at_work;
  };
  all.at_work = std::min(all.floor.settings.concurrency, count);
  for (auto i = all.at_work; i > 0; --i) co_spawn(executor, one, tools::asio::detached);
  while (all.at_work != 0) co_await tools::pause_for(std::chrono::milliseconds{5});
  if (all.failure) std::rethrow_exception(all.failure);
}

awaitable<void> open_shop(crowd& all) {
  auto& goods = all.floor.books.goods;
  const auto offering = [&](session& line, std::size_t i) {
    return offer(line,
                 i < goods.plenty.size() ? goods.plenty[i] : goods.scarce[i - goods.plenty.size()]);
  };
  co_await for_each(all, goods.plenty.size() + goods.scarce.size(), offering);
  const auto enrolling = [&](session& line, std::size_t i) {
    return enroll(line, all.floor.settings, i);
  };
  co_await for_each(all, all.floor.settings.customers, enrolling);
}

/// Lets customers in at their rate.
awaitable<void> serve(crowd& all) {
  const auto& o = all.floor.settings;
  const auto begin = steady::now();
  const auto serving = [&](session& line, std::size_t i) -> awaitable<void> {
    if (o.rate > 0) {
      const auto due = begin + std::chrono::duration<double>(static_cast<double>(i) / o.rate);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - steady::now());
      if (left.count() > 0) co_await tools::pause_for(left);
    }
    if (o.duration.count() != 0 && steady::now() >= begin + o.duration) co_return;
    customer one(all.floor, line, i);
    all.floor.counted.note(co_await one.visit());
  };
  co_await for_each(all, o.customers, serving);
}

} // namespace

awaitable<void> run(shop_floor& floor, balance& books, std::chrono::duration<double>& took) {
  const auto executor = co_await tools::asio::this_coro::executor;
  tools::patience limits;
  limits.all = floor.settings.patience;
  crowd all{floor, limits,
            [&floor](const request& r, const tools::answer& a) { floor.counted.note(r, a); }};
  const auto line = all.line(executor);
  audit auditor(floor.settings, *line);
  const auto before = co_await auditor.days();

  progress shown(floor.counted, floor.settings.customers);
  co_spawn(executor, shown.show(), tools::asio::detached);
  const auto begin = steady::now();
  co_await open_shop(all);
  co_await serve(all);
  took = steady::now() - begin;
  shown.finish();
  books = co_await auditor.settle(floor.books, before);
}

} // namespace shop::load
