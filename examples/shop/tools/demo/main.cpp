// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// shop-demo: a tour of the purchase flow against a running node, told to a person and checked.
#include "tour.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>

namespace {

using namespace shop;

enum exit_code { as_it_should_be = 0, otherwise = 1, usage = 2 };

int walk(const tools::address& node, const std::string& maildir) {
  boost::asio::io_context context(1);
  tools::session line(context.get_executor(), node);
  demo::narrator tell(node.url);
  demo::guide guide(line, tell, tools::maildir(maildir));
  demo::tour tour(guide);
  std::exception_ptr failure;
  co_spawn(context, tour.walk(), [&](const std::exception_ptr& e) { failure = e; });
  context.run();
  if (failure) std::rethrow_exception(failure);
  if (tell.failed() == 0) {
    std::printf("\nAll %zu expectations were met.\n", tell.expected());
    return as_it_should_be;
  }
  std::printf("\n%zu of %zu expectations were not met.\n", tell.failed(), tell.expected());
  return otherwise;
}

} // namespace

int main(int argc, char** argv) try {
  CLI::App app{"A narrated tour of the shop's purchase flow against a running node", "shop-demo"};
  std::string url = "http://127.0.0.1:8080";
  std::string maildir;
  app.add_option("--url", url, "The node; on this machine only")->capture_default_str();
  app.add_option("--maildir", maildir, "Where the node puts e-mails")->type_name("DIR")->required();
  app.footer("The node needs a short deadline for payments, such as [settings.shop] "
             "payment_deadline = \"5s\".\n"
             "Ends with 0 all was as it should be, 1 it was not, 2 command line.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? 0 : usage; }
  const auto node = tools::parse_address(url);
  if (!node) {
    std::fprintf(stderr, "shop-demo: --url %s\n", std::string(node.error().detail()).c_str());
    return usage;
  }
  return walk(*node, maildir);
} catch (const std::exception& e) {
  std::fprintf(stderr, "shop-demo: %s\n", e.what());
  return otherwise;
}
