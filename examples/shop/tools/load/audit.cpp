// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"

#include <acta/core/ids.hpp>

#include <boost/json/serialize.hpp>

#include <cstdio>
#include <stdexcept>

namespace shop::load {

namespace json = boost::json;
using tools::answer;
using tools::number_at;
using tools::request;
using tools::text_at;
using tools::asio::awaitable;

namespace {

constexpr std::chrono::milliseconds look_every{500};
/// What is even must be so as often as this: a letter or a refund too many may come late.
constexpr int looks_even = 3;

std::int64_t figure(const json::value& in, const char* pointer) {
  const auto found = number_at(in, pointer);
  if (!found)
    throw std::runtime_error("no figure at " + std::string(pointer) + " of " + json::serialize(in));
  return *found;
}

/// The positions after those looked through, as `from` takes them.
std::string after(const json::array& scanned) {
  std::string next;
  for (const auto& one : scanned) {
    const auto at = acta::position::parse(std::string_view(one.as_string()));
    if (!at) throw std::runtime_error("no position: " + json::serialize(one));
    if (!next.empty()) next += ',';
    next += acta::position{at->partition, at->number + 1}.to_string();
  }
  return next;
}

} // namespace

awaitable<answer> audit::ask(const request& r) {
  auto got = co_await line_.send(r);
  if (!got.ok()) throw std::runtime_error(r.target() + ": " + got.describe());
  co_return got;
}

awaitable<day_sums> audit::days() {
  const auto all = request::rows("sales_by_day", {{"limit", "10000"}});
  const auto shown = co_await ask(all);
  day_sums sums;
  for (const auto& one : tools::list_at(shown.body, "/rows")) {
    if (!text_at(one, "/key").ends_with(currency)) continue;
    sums.orders += figure(one, "/row/orders");
    sums.amount += figure(one, "/row/amount");
    sums.refunds += figure(one, "/row/refunds");
  }
  co_return sums;
}

awaitable<std::map<std::string, json::value>> audit::rows(std::string view) {
  std::map<std::string, json::value> all;
  std::string cursor;
  do {
    tools::parameters range{{"prefix", settings_.run + "-"}, {"limit", "1000"}};
    if (!cursor.empty()) range.emplace_back("cursor", cursor);
    const auto page = request::rows(view, range);
    const auto shown = co_await ask(page);
    for (const auto& one : tools::list_at(shown.body, "/rows"))
      if (const auto* const row = tools::find(one, "/row")) all[text_at(one, "/key")] = *row;
    cursor = text_at(shown.body, "/next");
  } while (!cursor.empty());
  co_return all;
}

awaitable<void> audit::follow_payments() {
  for (;;) {
    tools::parameters range{{"type",
                             "payment.payment_confirmed,payment.unexpected_payment_received,"
                             "payment.payment_refunded"},
                            {"limit", "1000"}};
    if (!next_events_.empty()) range.emplace_back("from", next_events_);
    const auto page = request::events(range);
    const auto shown = co_await ask(page);
    for (const auto& e : tools::list_at(shown.body, "/events")) {
      const auto stream = text_at(e, "/stream");
      const auto order = stream.substr(stream.find('/') + 1);
      if (!order.starts_with(settings_.run + "-")) continue;
      auto& row = payments_[order];
      const auto type = text_at(e, "/type");
      const auto amount = figure(e, "/data/amount/amount");
      if (type == "payment.payment_confirmed") row.confirmed += amount;
      if (type == "payment.unexpected_payment_received") row.unexpected += amount;
      if (type == "payment.payment_refunded") {
        row.returned += amount;
        ++row.returns;
      }
    }
    next_events_ = after(tools::list_at(shown.body, "/scanned"));
    if (text_at(shown.body, "/next").empty()) co_return;
  }
}

awaitable<node_books> audit::read() {
  node_books books;
  for (const auto& [id, row] : co_await rows("orders"))
    books.orders[id] = {text_at(row, "/customer"), text_at(row, "/state"), text_at(row, "/reason"),
                        text_at(row, "/problem"), figure(row, "/total/amount")};
  for (const auto& [sku, row] : co_await rows("stock_levels"))
    books.stock[sku] = {figure(row, "/received"), figure(row, "/available"),
                        figure(row, "/reserved"), figure(row, "/shipped")};
  for (const auto& [id, row] : co_await rows("failed_payments"))
    books.failed[id] = {figure(row, "/amount/amount"), figure(row, "/late/amount"),
                        figure(row, "/refunded/amount")};
  co_await follow_payments();
  books.payments = payments_;
  books.days = co_await days();
  co_return books;
}

awaitable<balance> audit::settle(const ledger& known, const day_sums& before) {
  const auto until = std::chrono::steady_clock::now() + settings_.settle;
  for (int even = 0;;) {
    const auto shown = co_await read();
    std::vector<tools::letter> letters;
    if (mail_) letters = mail_->read();
    auto result = compare(known, shown, before, mail_ ? &letters : nullptr);
    even = result.even() ? even + 1 : 0;
    if (even == looks_even || std::chrono::steady_clock::now() > until) co_return result;
    if (!result.even())
      std::fprintf(stderr, "waiting for the books: %zu differences, such as %s %s: %s\n",
                   result.mismatches.size(), result.mismatches.front().book.c_str(),
                   result.mismatches.front().about.c_str(), result.mismatches.front().what.c_str());
    co_await tools::pause_for(look_every);
  }
}

} // namespace shop::load
