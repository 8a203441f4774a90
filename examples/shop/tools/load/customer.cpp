// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "customer.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace shop::load {

namespace json = boost::json;
using tools::answer;
using tools::request;
using tools::asio::awaitable;

namespace {

/// Ends a customer's visit.
struct trouble : std::runtime_error {
  using std::runtime_error::runtime_error;
};

json::object money(std::int64_t amount) { return {{"amount", amount}, {"currency", currency}}; }

} // namespace

std::string customer::id_of(const options& o, std::size_t number) {
  return o.run + "-c" + std::to_string(number);
}

std::string customer::mail_domain_of(const options& o) { return o.run + ".example"; }

std::string customer::email_of(const options& o, std::size_t number) {
  return "c" + std::to_string(number) + "@" + mail_domain_of(o);
}

customer::customer(shop_floor& floor, tools::session& line, std::size_t number)
    : floor_(floor), line_(line), chance_(floor.settings.seed * 1'000'003 + number),
      id_(id_of(floor.settings, number)), email_(email_of(floor.settings, number)),
      order_(floor.settings.run + "-o" + std::to_string(number)), plan_(choose()) {}

std::int64_t customer::dice(std::int64_t from, std::int64_t to) {
  // Not a distribution of the standard library's: those differ from one to the next.
  return from + static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(to - from + 1));
}

customer::plan customer::choose() {
  const auto thrown = dice(1, 100);
  return thrown <= 6    ? plan::look
         : thrown <= 16 ? plan::abandon
         : thrown <= 58 ? plan::pay
         : thrown <= 66 ? plan::pay_again
         : thrown <= 70 ? plan::pay_twice
         : thrown <= 78 ? plan::pay_wrong_first
         : thrown <= 88 ? plan::pay_late
                        : plan::not_pay;
}

std::int64_t customer::total() const {
  std::int64_t sum = 0;
  for (const auto& [sku, line] : cart_) sum += line.first.price * line.second;
  return sum;
}

awaitable<outcome> customer::visit() {
  std::string what;
  try {
    co_return co_await go();
  } catch (const trouble& t) { what = t.what(); }
  floor_.books.troubles.push_back(id_ + ": " + what);
  co_return outcome::in_trouble;
}

awaitable<answer> customer::ask(const request& r, std::string_view or_code) {
  auto got = co_await line_.send(r);
  if (!got.ok() && (or_code.empty() || got.code() != or_code))
    throw trouble(r.kind() + " " + r.target() + ": " + got.describe());
  if (got.ok() && r.is_command())
    if (auto at = got.position(); !at.empty()) seen_ = std::move(at);
  co_return got;
}

awaitable<outcome> customer::go() {
  co_await browse();
  if (plan_ == plan::look) co_return outcome::looked;
  co_await fill_cart();
  co_await change_mind();
  co_await look_at_cart();
  if (plan_ == plan::abandon) co_return outcome::abandoned;
  co_await check_out();
  co_return co_await settle();
}

awaitable<void> customer::browse() {
  const auto catalogue = request::rows("products", {{"limit", "20"}});
  co_await ask(catalogue);
  for (auto searches = dice(1, 3); searches > 0; --searches) {
    const auto& goods = floor_.books.goods.plenty;
    const auto& wanted =
        goods[static_cast<std::size_t>(dice(0, static_cast<std::int64_t>(goods.size()) - 1))];
    tools::parameters asked{{"at_least", wanted.listed}, {"timeout", "10s"}};
    if (happens(50)) {
      asked.emplace_back("category", wanted.category);
    } else {
      asked.emplace_back("name_prefix", wanted.name.substr(0, 4));
      asked.emplace_back("limit", "100");
    }
    const auto search = request::query("find_products", asked);
    const auto found = co_await ask(search);
    if (tools::list_at(found.body, "/rows").empty())
      throw trouble(search.target() + " finds nothing, though " + wanted.sku + " is listed");
  }
}

awaitable<void> customer::add(const article& what, std::int64_t quantity) {
  json::object line;
  line["sku"] = what.sku;
  line["name"] = what.name;
  line["quantity"] = quantity;
  line["unit_price"] = money(what.price);
  const auto adding = request::command("cart", order_, "add_item", line);
  co_await ask(adding);
  auto& in_cart = cart_[what.sku];
  in_cart.first = what;
  in_cart.second += quantity;
}

awaitable<void> customer::fill_cart() {
  const auto pick = [this](const std::vector<article>& from) -> const article& {
    return from[static_cast<std::size_t>(dice(0, static_cast<std::int64_t>(from.size()) - 1))];
  };
  for (auto lines = dice(1, 4); lines > 0; --lines)
    co_await add(pick(floor_.books.goods.plenty), dice(1, 2));
  // Behind the others, so that those have to be given back when it is sold out.
  if (happens(20)) co_await add(pick(floor_.books.goods.scarce), 1);
}

awaitable<void> customer::change_mind() {
  if (happens(30)) {
    auto& [what, quantity] = cart_.begin()->second;
    const auto wanted = dice(1, 3);
    json::object change;
    change["sku"] = what.sku;
    change["quantity"] = wanted;
    const auto changing = request::command("cart", order_, "change_quantity", change);
    co_await ask(changing);
    quantity = wanted;
  }
  if (cart_.size() > 1 && happens(20)) {
    json::object removal;
    removal["sku"] = cart_.begin()->first;
    const auto removing = request::command("cart", order_, "remove_item", removal);
    co_await ask(removing);
    cart_.erase(cart_.begin());
  }
}

awaitable<void> customer::look_at_cart() {
  const auto page =
      request::query("items_in_cart", {{"cart", order_}, {"at_least", seen_}, {"timeout", "10s"}});
  const auto seen = co_await ask(page);
  if (tools::number_at(seen.body, "/total/amount") != total())
    throw trouble("cart " + order_ + " should cost " + std::to_string(total()) + " and shows " +
                  json::serialize(seen.body));
}

awaitable<void> customer::check_out() {
  json::object who;
  who["customer"] = id_;
  const auto checking_out = request::command("cart", order_, "check_out", who);
  const auto done = co_await ask(checking_out);

  sale made{.order = order_, .customer = id_, .email = email_, .pieces = {}, .total = total()};
  for (const auto& [sku, line] : cart_) made.pieces[sku] = line.second;
  sale_ = floor_.books.sales.size();
  floor_.books.sales.push_back(std::move(made));

  const auto* const event = done.event("cart.checked_out");
  if (event == nullptr || tools::number_at(*event, "/total/amount") != total())
    throw trouble("order " + order_ + " should cost " + std::to_string(total()) +
                  " and was checked out as " + json::serialize(done.body));
}

awaitable<customer::payment> customer::wait_for_payment(bool late) {
  const auto until = std::chrono::steady_clock::now() + floor_.settings.settle;
  auto pause = std::chrono::milliseconds{10};
  const auto paying = request::state("payment", order_);
  const auto ordering = request::state("order", order_);
  for (;;) {
    const auto known = co_await ask(paying, "not_found");
    if (known.ok()) {
      const auto state = tools::text_at(known.body, "/state/state");
      if (state == "failed") co_return payment::failed;
      if (!late) co_return payment::requested;
    } else {
      const auto order = co_await ask(ordering, "not_found");
      if (tools::text_at(order.body, "/state/state") == "cancelled") co_return payment::never;
    }
    if (std::chrono::steady_clock::now() > until)
      throw trouble("order " + order_ + ": its payment is neither requested nor refused");
    co_await tools::pause_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds{200});
  }
}

awaitable<void> customer::confirm(std::string reference, std::int64_t amount) {
  json::object call;
  call["reference"] = reference;
  call["amount"] = money(amount);
  const auto confirming = request::command("payment", order_, "confirm", call);
  const auto taken = co_await ask(confirming, "amount_differs");
  auto& mine = floor_.books.sales[sale_];
  const auto differs = amount != mine.total;
  if (taken.event("payment.payment_confirmed") != nullptr) {
    if (differs) throw trouble("order " + order_ + ": a wrong amount was taken as its payment");
    mine.confirmed += amount;
  } else if (taken.event("payment.unexpected_payment_received") != nullptr) {
    mine.unexpected += amount;
    ++mine.returns_due;
  } else if (!taken.ok() && !differs) {
    throw trouble("order " + order_ + ": the right amount was refused");
  }
}

awaitable<outcome> customer::settle() {
  if (plan_ == plan::not_pay) co_return outcome::unpaid;
  const auto late = plan_ == plan::pay_late;
  const auto known = co_await wait_for_payment(late);
  if (known == payment::never) co_return outcome::out_of_stock;
  const auto price = total();
  const auto reference = "psp-" + order_;
  if (plan_ == plan::pay_wrong_first) co_await confirm(reference + "-wrong", price + 1);
  co_await confirm(reference, price);
  // The provider says the same again, which must change nothing, or the customer really paid twice.
  if (plan_ == plan::pay_again) co_await confirm(reference, price);
  if (plan_ == plan::pay_twice) co_await confirm(reference + "-again", price);
  co_return floor_.books.sales[sale_].confirmed != 0 ? outcome::paid : outcome::too_late;
}

} // namespace shop::load
