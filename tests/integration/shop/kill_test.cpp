// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The whole shop, while its node is killed at random moments: shop-load plays the customers, and
/// its books are the judge. ACTA_SHOP_CUSTOMERS and ACTA_CRASH_ROUNDS make it longer.
#include "subprocess.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::subprocess;
namespace json = boost::json;

namespace {

/// How many of them come in a second: a run's length is known, so that all kills fall into it.
constexpr int customers_per_second = 50;

int choose_customers() {
  const auto* const wanted = std::getenv("ACTA_SHOP_CUSTOMERS");
  return wanted != nullptr ? std::atoi(wanted) : 200;
}

/// A store, and the node that is started on it again and again.
class shop_node {
public:
  shop_node() {
    std::ofstream(folder_ / "node.toml")
        << "[node]\nmodules = [\"" << SHOP_MODULE
        << "\"]\nlog_level = \"error\"\n[store]\npath = \"" << (folder_ / "data").string()
        << "\"\n[settings.shop]\npayment_deadline = \"2s\"\n";
    start(0);
    const std::string ready = "acta: listening on http://127.0.0.1:";
    const auto line = process_->line();
    INFO(process_->errors());
    REQUIRE(line.value_or("").starts_with(ready));
    port_ = std::stoi(line->substr(ready.size()));
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string maildir() const { return (folder_ / "data" / "mail").string(); }

  /// Without a chance to finish anything, its start included; and another one in its place.
  void kill_and_restart() {
    INFO(process_->errors());
    REQUIRE(process_->lives());
    process_->signal(SIGKILL);
    REQUIRE(process_->end() == -SIGKILL);
    start(port_);
  }
  std::optional<int> stop() {
    process_->signal(SIGTERM);
    return process_->end();
  }
  [[nodiscard]] const std::string& errors() const { return process_->errors(); }

private:
  void start(int port) {
    process_ = std::make_unique<subprocess>(
        std::vector<std::string>{ACTA_PROGRAM, "node", "--config", (folder_ / "node.toml").string(),
                                 "--port", std::to_string(port)});
  }

  test::temp_folder folder_;
  int port_ = 0;
  std::unique_ptr<subprocess> process_;
};

} // namespace

TEST_CASE("a shop whose node is killed again and again loses no order, no cent and no e-mail") {
  const auto seed = crash::choose_seed();
  const auto rounds = crash::choose_rounds(3);
  const auto customers = choose_customers();
  std::mt19937_64 chance(seed);
  std::vector<std::chrono::microseconds> moments;
  for (int round = 0; round < rounds; ++round) {
    const auto until = std::chrono::microseconds(1s) * customers / customers_per_second * 9 / 10;
    std::uniform_int_distribution<std::int64_t> moment(0, until.count());
    moments.emplace_back(moment(chance));
  }
  std::ranges::sort(moments);

  shop_node node;
  subprocess load({SHOP_LOAD, "--url", node.url(), "--maildir", node.maildir(), "--customers",
                   std::to_string(customers), "--rate", std::to_string(customers_per_second),
                   "--seed", std::to_string(seed), "--json"});
  const auto begin = std::chrono::steady_clock::now();
  for (const auto moment : moments) {
    // Nothing is waited for: when it dies is up to chance, and may be before it has recovered.
    std::this_thread::sleep_until(begin + moment);
    INFO("kill after " << moment.count() << " us, seed " << seed);
    INFO(load.errors());
    REQUIRE(load.lives());
    node.kill_and_restart();
  }

  const auto end = load.end(300s);
  INFO("seed " << seed);
  INFO(load.output());
  INFO(load.errors());
  INFO(node.errors());
  REQUIRE(end == 0);
  const auto report = json::parse(load.output());
  CHECK(report.at("good").as_bool());
  CHECK(report.at("mail_checked").as_bool());
  CHECK(report.at("customers").as_int64() == customers);
  CHECK(report.at("outcomes").at("in trouble").as_int64() == 0);
  CHECK(report.at("outcomes").at("paid").as_int64() > 0);
  // Else no kill has been felt.
  CHECK(report.at("repeated").as_int64() >= rounds);
  CHECK(node.stop() == 0);
}
