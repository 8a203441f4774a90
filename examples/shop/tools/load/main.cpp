// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// shop-load: thousands of customers of a running node, and its books at the end.
#include "report.hpp"
#include "run.hpp"

#include <acta/core/ids.hpp>
#include <acta/core/units.hpp>

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <exception>
#include <random>

namespace {

using namespace shop::load;

enum exit_code { balanced = 0, unbalanced = 1, usage = 2, unreachable = 3 };

struct arguments {
  std::string url = "http://127.0.0.1:8080";
  std::string maildir, duration, patience, settle;
  bool json = false;
};

void add_duration(CLI::App& app, const char* name, std::string& into, const char* help) {
  app.add_option(name, into, help)->type_name("TIME")->check([](const std::string& text) {
    const auto time = acta::parse_duration(text);
    return time ? std::string() : std::string(time.error().detail());
  });
}

void take_duration(const std::string& text, std::chrono::milliseconds& into) {
  if (const auto time = acta::parse_duration(text))
    into = std::chrono::ceil<std::chrono::milliseconds>(*time);
}

/// The end of a random id: short enough to be read, and another one each time.
std::string new_run() {
  const auto text = acta::uuid::random().to_string();
  return "r" + text.substr(text.size() - 8);
}

void add_options(CLI::App& app, arguments& given, options& o) {
  app.add_option("--url", given.url, "The node; on this machine only")->capture_default_str();
  app.add_option("--maildir", given.maildir,
                 "Where the node puts e-mails; without it they are not counted")
      ->type_name("DIR");
  app.add_option("--customers", o.customers, "Customers in all")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--concurrency", o.concurrency, "Customers at once, a connection each")
      ->capture_default_str()
      ->check(CLI::Range(1, 4000));
  app.add_option("--rate", o.rate, "Customers a second; 0: as soon as there is room")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", o.seed, "What customers want depends on it alone (a random one)");
  app.add_option("--run", o.run, "Beginning of all ids of this run (a random one)");
  add_duration(app, "--duration-limit", given.duration, "No customer comes in after this time");
  add_duration(app, "--patience", given.patience,
               "For one request with its repetitions (60s); a node may be dead for so long");
  add_duration(app, "--settle", given.settle, "For the books to balance at the end (2min)");
  app.add_flag("--json", given.json, "One JSON object on stdout, for programs");
}

int play(const options& o, bool as_json_object) {
  shop_floor floor{.settings = o, .books = {}, .counted = {}};
  floor.books.goods = make_catalogue(o.run, o.customers, o.seed);
  floor.books.mail_domain = customer::mail_domain_of(o);
  std::fprintf(stderr, "shop-load: %zu customers for %s, seed %llu, run %s\n", o.customers,
               o.node.url.c_str(), static_cast<unsigned long long>(o.seed), o.run.c_str());

  balance books;
  std::chrono::duration<double> took{};
  boost::asio::io_context context(1);
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  auto interrupted = false;
  signals.async_wait([&](const boost::system::error_code& none, int) {
    if (none) return;
    interrupted = true;
    context.stop();
  });
  std::exception_ptr failure;
  co_spawn(context, run(floor, books, took), [&](const std::exception_ptr& e) {
    failure = e;
    context.stop(); // progress and signals wait for nothing any more
  });
  context.run();
  if (interrupted) {
    std::fputs("\nshop-load: interrupted; nothing is said about the books\n", stderr);
    return unbalanced;
  }
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) { std::fprintf(stderr, "shop-load: %s\n", e.what()); }
    return unreachable;
  }
  const run_report report{floor, books, took};
  std::puts((as_json_object ? as_json(report) : as_text(report)).c_str());
  return report.good() ? balanced : unbalanced;
}

} // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Plays customers of the shop over HTTP, and checks that its books balance",
               "shop-load"};
  arguments given;
  options o;
  o.seed = std::random_device{}();
  o.run = new_run();
  add_options(app, given, o);
  app.footer(
      "The node needs a short deadline for payments, such as [settings.shop] "
      "payment_deadline = \"2s\", and nobody else selling in the same currency meanwhile.\n"
      "TIME is a number and a unit: 500ms, 30s, 5min.\n"
      "Ends with 0 all balances, 1 it does not, 2 command line, 3 the node does not answer.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? 0 : usage; }
  const auto node = shop::tools::parse_address(given.url);
  if (!node) {
    std::fprintf(stderr, "shop-load: --url %s\n", std::string(node.error().detail()).c_str());
    return usage;
  }
  o.node = *node;
  if (!given.maildir.empty()) o.maildir = given.maildir;
  take_duration(given.duration, o.duration);
  take_duration(given.patience, o.patience);
  take_duration(given.settle, o.settle);
  return play(o, given.json);
} catch (const std::exception& e) {
  std::fprintf(stderr, "shop-load: %s\n", e.what());
  return unreachable;
}
