// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A shop in memory with customers who do all that customers do, many at once, by a plan that
/// follows from a seed.
#pragma once

#include <shop/checkout.hpp>
#include <shop/customer_mail.hpp>

#include <acta/runtime.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// What a customer does after the check-out, once the payment is asked for.
enum class habit {
  pays,
  pays_again,  ///< the provider says it twice
  pays_twice,  ///< with two references
  pays_wrong,  ///< first another amount
  is_declined, ///< by the provider
  never_pays,
  pays_late,     ///< when the order is cancelled
  races,         ///< pays just when the time is over
  changes_mind,  ///< cancels the order by hand, and has paid or not
  cancels_early, ///< as soon as there is an order
};
inline constexpr int habits = 10;

struct purchase {
  std::string id;
  std::string customer; ///< `nobody` is not registered
  std::vector<shop::add_item> items;
  habit then = habit::pays;
  bool pays_anyway = false; ///< or more, or later: some habits have two kinds
};

class market {
public:
  /// All customers but one are registered.
  explicit market(std::uint64_t seed);

  /// Goods are received, and bought by so many customers, some at once. Then the time for payments
  /// is over while some still pay; then late money comes. Returns when all have done what they do.
  void round(std::size_t count);

  /// Until every process has come to its end, no timer is set and every letter is there.
  [[nodiscard]] bool settled();

  /// What went otherwise than it may.
  [[nodiscard]] std::vector<std::string> failures() const;
  [[nodiscard]] const std::vector<purchase>& purchases() const { return purchases_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& received() const { return received_; }
  /// Accepted by payments, by order, in cents.
  [[nodiscard]] std::map<std::string, std::int64_t> taken() const;
  /// Each once, however often the channel was asked to send it.
  [[nodiscard]] std::vector<acta::mail> letters() const;
  [[nodiscard]] acta::runtime& runtime() { return runtime_; }

private:
  acta::runtime open();
  acta::result<void> deliver(const acta::mail& m, const acta::effect_context& c);
  purchase plan(std::string id);
  std::size_t upto(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  template <class F> void by_threads(std::size_t first, F f);
  /// Nothing if the answer was no, which is a failure unless its code is allowed.
  template <class A, class C>
  std::optional<acta::receipt> must(std::string_view id, const C& command,
                                    std::set<std::string_view> allowed = {});
  void buy(const purchase& p);
  void after_the_time(const purchase& p);
  void pay(const purchase& p, const std::string& reference);
  /// Waits until the payment is asked for; false if it never will be.
  bool is_asked_to_pay(const purchase& p);
  [[nodiscard]] shop::checkout_stage stage_of(const purchase& p);
  void wrong(std::string what);

  std::mt19937_64 random_;
  std::atomic<std::int64_t> minutes_{0}; ///< that the clock is ahead
  std::atomic<bool> rings_{false};       ///< the time is over
  std::map<std::string, std::int64_t> received_;
  std::vector<purchase> purchases_;

  mutable std::mutex mutex_;
  std::vector<std::string> failures_;
  std::map<std::string, std::int64_t> taken_;
  std::map<acta::uuid, acta::mail> letters_;
  std::size_t attempts_ = 0;

  acta::runtime runtime_; ///< last: it is gone before what its threads use
};

} // namespace test
