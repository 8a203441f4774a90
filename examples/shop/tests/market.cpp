// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "market.hpp"

#include "eventually.hpp"

#include <acta/domain/module.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

extern "C" const acta::detail::module_entry acta_module;

namespace test {

using namespace shop;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t threads = 4;
constexpr std::size_t products = 6;
constexpr auto patience = 60s;

money price_of(std::size_t product) {
  return {static_cast<std::int64_t>(100 * product), "EUR"}; // the first one is a present
}
std::string sku_of(std::size_t product) { return "sku-" + std::to_string(product); }

bool is_over(checkout_stage s) {
  return s == checkout_stage::releasing || s == checkout_stage::cancelling ||
         s == checkout_stage::refunding || s == checkout_stage::done;
}

} // namespace

market::market(std::uint64_t seed) : random_(seed), runtime_(open()) {
  for (const auto* id : {"ada", "bob", "eve"})
    must<customer>(id, register_customer{id, std::string(id) + "@example.org"});
}

acta::runtime market::open() {
  acta::model model;
  acta_module.fill(model);
  acta::runtime_options options;
  options.partitions = 3;
  options.clock = [this] { return acta::system_now() + std::chrono::minutes(minutes_); };
  options.mail = [this](const auto& mail, const auto& context) { return deliver(mail, context); };
  auto opened = acta::runtime::in_memory(std::move(model), std::move(options));
  if (!opened) throw std::runtime_error(opened.error().to_string());
  return std::move(*opened);
}

acta::result<void> market::deliver(const acta::mail& m, const acta::effect_context& c) {
  const std::lock_guard lock(mutex_);
  // At times the letter is sent, and the answer gets lost.
  const bool lost = ++attempts_ % 50 == 0;
  const auto [at, is_new] = letters_.emplace(c.key, m);
  if (!is_new && at->second != m) failures_.push_back("two letters of one key: " + m.subject);
  if (lost) return acta::error(acta::errc::timeout, "the mail server does not answer");
  return {};
}

purchase market::plan(std::string id) {
  purchase p;
  p.id = std::move(id);
  p.customer = upto(12) == 0 ? "nobody" : std::vector{"ada", "bob", "eve"}[upto(3)];
  std::set<std::size_t> chosen;
  for (auto lines = upto(4) + 1; lines > 0; --lines) chosen.insert(upto(products));
  for (const auto product : chosen)
    p.items.push_back(
        {sku_of(product), "Product", static_cast<std::int32_t>(upto(3) + 1), price_of(product)});
  p.then = static_cast<habit>(upto(habits));
  p.pays_anyway = upto(2) == 0;
  return p;
}

void market::round(std::size_t count) {
  const auto first = purchases_.size();
  for (std::size_t i = 0; i < count; ++i)
    purchases_.push_back(plan(std::to_string(purchases_.size() + 1)));
  rings_ = false;
  for (std::size_t product = 0; product < products; ++product) {
    // Every other one is scarce.
    const std::int32_t quantity = product % 2 == 0 ? 1'000 : 15;
    must<stock>(sku_of(product), receive_stock{quantity});
    received_[sku_of(product)] += quantity;
  }
  by_threads(first, [this](const purchase& p) { buy(p); });
  // From here on whoever has not paid races the time.
  const auto fired = runtime_.figures().processes.timers_fired;
  std::thread clock([&] {
    minutes_ += 15;
    (void)eventually([&] { return runtime_.figures().processes.timers_fired > fired; }, 2s);
    rings_ = true;
  });
  by_threads(first, [this](const purchase& p) { after_the_time(p); });
  clock.join();
}

template <class F> void market::by_threads(std::size_t first, F f) {
  std::atomic<std::size_t> next{first};
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < threads; ++i)
    all.emplace_back([&] {
      for (auto n = next++; n < purchases_.size(); n = next++) f(purchases_[n]);
    });
  for (auto& one : all) one.join();
}

template <class A, class C>
std::optional<acta::receipt> market::must(std::string_view id, const C& command,
                                          std::set<std::string_view> allowed) {
  auto done = runtime_.ask<A>(id, command).wait_for(patience);
  if (done) return std::move(*done);
  const auto* no = done.error().rejection();
  if (no == nullptr || !allowed.contains(no->code))
    wrong(std::string(A::name) + '/' + std::string(id) + ": " + done.error().to_string());
  return std::nullopt;
}

void market::buy(const purchase& p) {
  for (const auto& item : p.items) must<cart>(p.id, item);
  must<cart>(p.id, check_out{p.customer});
  if (p.then == habit::cancels_early) {
    if (!eventually([&] { return runtime_.state<order>(p.id).has_value(); }, patience))
      wrong(p.id + ": is checked out, and no order");
    must<order>(p.id, cancel_order{"unwanted", ""}, {"already_cancelled", "already_paid"});
  }
  if (!is_asked_to_pay(p)) return;
  switch (p.then) {
  case habit::pays:
    return pay(p, "psp-" + p.id);
  case habit::pays_again:
    pay(p, "psp-" + p.id);
    return pay(p, "psp-" + p.id);
  case habit::pays_twice:
    pay(p, "psp-" + p.id);
    return pay(p, "psp-" + p.id + "-again");
  case habit::pays_wrong: {
    const auto wrong_amount = runtime_.state<payment>(p.id)->amount.amount + 1;
    must<payment>(p.id, confirm{"psp-" + p.id, {wrong_amount, "EUR"}}, {"amount_differs"});
    return pay(p, "psp-" + p.id);
  }
  case habit::is_declined:
    must<payment>(p.id, fail_payment{"card_declined"});
    return;
  case habit::changes_mind:
    must<order>(p.id, cancel_order{"unwanted", ""}, {"already_cancelled"});
    if (p.pays_anyway) pay(p, "psp-" + p.id);
    return;
  case habit::never_pays:
  case habit::pays_late:
  case habit::races:
  case habit::cancels_early:
    return;
  }
}

void market::after_the_time(const purchase& p) {
  if (runtime_.state<payment>(p.id).has_value() && p.then == habit::races) {
    // Half of them wait until it strikes.
    if (p.pays_anyway) (void)eventually([&] { return rings_.load(); }, patience);
    pay(p, "psp-" + p.id);
  }
  if (runtime_.state<payment>(p.id).has_value() && p.then == habit::pays_late) {
    const auto failed = [&] {
      return runtime_.state<payment>(p.id)->state == payment_state::failed;
    };
    if (!eventually(failed, patience)) wrong(p.id + ": its payment does not fail");
    pay(p, "psp-" + p.id);
    pay(p, "psp-" + p.id);
    if (p.pays_anyway) pay(p, "psp-" + p.id + "-again");
  }
}

void market::pay(const purchase& p, const std::string& reference) {
  const auto asked = runtime_.state<payment>(p.id);
  if (!asked) return wrong(p.id + ": " + asked.error().to_string());
  const auto done = must<payment>(p.id, confirm{reference, asked->amount});
  if (!done) return;
  const std::lock_guard lock(mutex_);
  if (const auto* e = done->get<payment_confirmed>()) taken_[p.id] += e->amount.amount;
  if (const auto* e = done->get<unexpected_payment_received>()) taken_[p.id] += e->amount.amount;
}

bool market::is_asked_to_pay(const purchase& p) {
  bool asked = false;
  const auto decided = eventually(
      [&] {
        asked = runtime_.state<payment>(p.id).has_value();
        const auto stage = stage_of(p);
        return asked || is_over(stage) || stage == checkout_stage::shipping;
      },
      patience);
  if (!decided) wrong(p.id + ": is neither paid for nor cancelled");
  return asked;
}

checkout_stage market::stage_of(const purchase& p) {
  const auto process = runtime_.state<checkout>(p.id);
  return process ? process->stage : checkout_stage::idle;
}

bool market::settled() {
  std::size_t done = 0;
  return eventually(
      [&] {
        while (done < purchases_.size() && stage_of(purchases_[done]) == checkout_stage::done)
          ++done;
        if (done < purchases_.size()) return false;
        const auto figures = runtime_.figures();
        if (figures.processes.waiting > 0 || figures.processes.timers > 0) return false;
        return std::ranges::all_of(runtime_.subscribers(),
                                   [](const auto& s) { return s.behind == 0 && s.waiting == 0; });
      },
      patience);
}

void market::wrong(std::string what) {
  const std::lock_guard lock(mutex_);
  failures_.push_back(std::move(what));
}

std::vector<std::string> market::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

std::map<std::string, std::int64_t> market::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

std::vector<acta::mail> market::letters() const {
  const std::lock_guard lock(mutex_);
  std::vector<acta::mail> all;
  for (const auto& [key, mail] : letters_) all.push_back(mail);
  return all;
}

} // namespace test
