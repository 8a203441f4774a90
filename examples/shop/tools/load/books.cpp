// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <set>
#include <utility>

namespace shop::load {

namespace {

class comparison {
public:
  comparison(const ledger& known, const node_books& shown) : known_(known), shown_(shown) {}

  void orders();
  void stock();
  void money();
  void failed_payments();
  void sales_by_day(const day_sums& before);
  void e_mails(const std::vector<tools::letter>& letters);

  [[nodiscard]] balance result() && { return std::move(result_); }

private:
  void wrong(std::string about, std::string what) {
    result_.mismatches.push_back({book_, std::move(about), std::move(what)});
  }
  /// Two figures of one order or sku.
  void same(const std::string& about, const char* what, std::int64_t expected, std::int64_t found) {
    if (expected != found)
      wrong(about, std::string(what) + " should be " + std::to_string(expected) + " and is " +
                       std::to_string(found));
  }
  /// A figure of the whole book.
  void entry(const char* name, std::int64_t expected, std::int64_t found) {
    result_.entries.push_back({book_, name, expected, found});
    same("all", name, expected, found);
  }
  void stock_of(const article& what, std::int64_t sold, stock_row& sums);
  [[nodiscard]] const order_row* order(const sale& s) const {
    const auto at = shown_.orders.find(s.order);
    return at == shown_.orders.end() ? nullptr : &at->second;
  }
  [[nodiscard]] bool is_shipped(const sale& s) const {
    const auto* const row = order(s);
    return row != nullptr && row->state == "shipped";
  }
  [[nodiscard]] bool is_cancelled(const sale& s) const {
    const auto* const row = order(s);
    return row != nullptr && row->state == "cancelled";
  }
  [[nodiscard]] bool has_failed_payment(const sale& s) const {
    return is_cancelled(s) && order(s)->reason == "payment_failed";
  }

  const ledger& known_;
  const node_books& shown_;
  std::string book_;
  balance result_;
};

void comparison::orders() {
  book_ = "orders";
  std::int64_t final_ones = 0;
  std::set<std::string> ours;
  for (const auto& s : known_.sales) {
    ours.insert(s.order);
    const auto* const row = order(s);
    if (row == nullptr) {
      wrong(s.order, "was checked out, and is no order");
      continue;
    }
    same(s.order, "the total", s.total, row->total);
    if (!row->problem.empty()) wrong(s.order, "has a problem: " + row->problem);
    if (row->customer != s.customer) wrong(s.order, "is an order of '" + row->customer + "'");
    if (is_shipped(s) || is_cancelled(s))
      ++final_ones;
    else
      wrong(s.order, "is still " + row->state);
  }
  for (const auto& [id, row] : shown_.orders)
    if (!ours.contains(id)) wrong(id, "is an order that nobody has checked out");
  entry("in a final state", static_cast<std::int64_t>(known_.sales.size()), final_ones);
}

void comparison::stock_of(const article& what, std::int64_t sold, stock_row& sums) {
  const auto at = shown_.stock.find(what.sku);
  if (at == shown_.stock.end()) return wrong(what.sku, "has no row in stock_levels");
  const auto& row = at->second;
  same(what.sku, "what was received", what.received, row.received);
  same(what.sku, "available + reserved + shipped", row.received,
       row.available + row.reserved + row.shipped);
  same(what.sku, "what is reserved", 0, row.reserved);
  same(what.sku, "what is shipped", sold, row.shipped);
  if (row.available < 0) wrong(what.sku, "more was promised than there is");
  sums.received += row.received;
  sums.available += row.available;
  sums.reserved += row.reserved;
  sums.shipped += row.shipped;
}

void comparison::stock() {
  book_ = "stock";
  std::map<std::string, std::int64_t> sold;
  std::int64_t sold_sum = 0;
  for (const auto& s : known_.sales)
    for (const auto& [sku, pieces] : s.pieces)
      if (is_shipped(s)) {
        sold[sku] += pieces;
        sold_sum += pieces;
      }
  std::int64_t received = 0;
  stock_row sums;
  for (const auto* part : {&known_.goods.plenty, &known_.goods.scarce})
    for (const auto& what : *part) {
      received += what.received;
      stock_of(what, sold[what.sku], sums);
    }
  entry("received", received, sums.received);
  entry("available", received - sold_sum, sums.available);
  entry("reserved", 0, sums.reserved);
  entry("shipped", sold_sum, sums.shipped);
}

void comparison::money() {
  book_ = "money";
  std::int64_t taken = 0;
  std::int64_t of_orders = 0;
  std::int64_t unexpected = 0;
  payment_row sums;
  for (const auto& s : known_.sales) {
    const auto at = shown_.payments.find(s.order);
    const auto row = at == shown_.payments.end() ? payment_row{} : at->second;
    same(s.order, "the payment confirmed", s.confirmed, row.confirmed);
    same(s.order, "the payments not expected", s.unexpected, row.unexpected);
    same(s.order, "the payment", is_shipped(s) ? s.total : 0, row.confirmed);
    same(s.order, "the money given back", s.unexpected, row.returned);
    same(s.order, "the times money was given back", static_cast<std::int64_t>(s.returns_due),
         static_cast<std::int64_t>(row.returns));
    taken += s.confirmed + s.unexpected;
    unexpected += s.unexpected;
    if (is_shipped(s)) of_orders += s.total;
    sums.confirmed += row.confirmed;
    sums.unexpected += row.unexpected;
    sums.returned += row.returned;
  }
  entry("taken", taken, sums.confirmed + sums.unexpected);
  entry("of shipped orders", of_orders, sums.confirmed);
  entry("given back", unexpected, sums.returned);
  entry("taken = shipped + given back", taken, of_orders + sums.returned);
}

void comparison::failed_payments() {
  book_ = "failed payments";
  std::int64_t expected = 0;
  std::set<std::string> ours;
  for (const auto& s : known_.sales) {
    if (!has_failed_payment(s)) continue;
    ours.insert(s.order);
    ++expected;
    const auto at = shown_.failed.find(s.order);
    if (at == shown_.failed.end()) {
      wrong(s.order, "was cancelled because its payment failed, and is not in failed_payments");
      continue;
    }
    same(s.order, "the amount", s.total, at->second.amount);
    same(s.order, "what came late", s.unexpected, at->second.late);
    same(s.order, "what was refunded", s.unexpected, at->second.refunded);
  }
  for (const auto& [id, row] : shown_.failed)
    if (!ours.contains(id)) wrong(id, "is in failed_payments, and was not cancelled for that");
  entry("rows", expected, static_cast<std::int64_t>(shown_.failed.size()));
}

void comparison::sales_by_day(const day_sums& before) {
  book_ = "sales by day";
  day_sums expected;
  for (const auto& s : known_.sales) {
    if (is_shipped(s)) {
      ++expected.orders;
      expected.amount += s.total;
    }
    expected.refunds += s.unexpected;
  }
  entry("orders", expected.orders, shown_.days.orders - before.orders);
  entry("amount", expected.amount, shown_.days.amount - before.amount);
  entry("refunds", expected.refunds, shown_.days.refunds - before.refunds);
}

void comparison::e_mails(const std::vector<tools::letter>& letters) {
  book_ = "e-mails";
  struct kind {
    const char* name;
    std::string before, after; ///< the order's id in its subject
    std::int64_t expected = 0, found = 0;
  };
  kind kinds[] = {{"confirmed", "Your order ", " is confirmed"},
                  {"on its way", "Your order ", " is on its way"},
                  {"cancelled", "Your order ", " was cancelled"},
                  {"money returned", "Your payment for order ", " was returned"}};
  std::map<std::string, std::vector<const tools::letter*>> by_subject;
  std::set<std::string> keys;
  for (const auto& l : letters) {
    by_subject[l.subject].push_back(&l);
    if (l.key.empty()) wrong(l.subject, "has no Acta-Key");
    if (!keys.insert(l.key).second) wrong(l.subject, "its key is that of another e-mail");
  }
  for (const auto& s : known_.sales) {
    const std::size_t due[] = {is_shipped(s), is_shipped(s), is_cancelled(s), s.returns_due};
    for (std::size_t i = 0; i < std::size(kinds); ++i) {
      const auto subject = kinds[i].before + s.order + kinds[i].after;
      const auto& got = by_subject[subject];
      same(s.order, ("e-mails '" + subject + "'").c_str(), static_cast<std::int64_t>(due[i]),
           static_cast<std::int64_t>(got.size()));
      for (const auto* l : got)
        if (l->to != s.email) wrong(s.order, "its e-mail went to '" + l->to + "'");
      kinds[i].expected += static_cast<std::int64_t>(due[i]);
      kinds[i].found += static_cast<std::int64_t>(got.size());
    }
  }
  for (const auto& k : kinds) entry(k.name, k.expected, k.found);

  std::int64_t ours = 0;
  for (const auto& l : letters)
    if (l.to.ends_with("@" + known_.mail_domain)) ++ours;
  std::int64_t all = 0;
  for (const auto& k : kinds) all += k.found;
  entry("all to our customers", all, ours);
}

} // namespace

balance compare(const ledger& known, const node_books& shown, const day_sums& before,
                const std::vector<tools::letter>* letters) {
  comparison c(known, shown);
  c.orders();
  c.stock();
  c.money();
  c.failed_payments();
  c.sales_by_day(before);
  if (letters != nullptr) c.e_mails(*letters);
  return std::move(c).result();
}

} // namespace shop::load
