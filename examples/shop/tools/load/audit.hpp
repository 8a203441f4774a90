// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reads the node's side of the books, over HTTP and from the maildir.
#pragma once

#include "books.hpp"
#include "options.hpp"

#include "../client/maildir.hpp"
#include "../client/session.hpp"

#include <map>
#include <optional>
#include <string>

namespace shop::load {

/// Throws std::runtime_error if the node does not answer, or not as it should.
class audit {
public:
  audit(const options& o, tools::session& line) : settings_(o), line_(line) {
    if (o.maildir) mail_.emplace(*o.maildir);
  }

  /// Sums of the days as they are: to be asked before the run.
  tools::asio::awaitable<day_sums> days();
  /// Compares, until all is even and stays so, or the time is up. Says on the way what is missing.
  tools::asio::awaitable<balance> settle(const ledger& known, const day_sums& before);

private:
  tools::asio::awaitable<tools::answer> ask(const tools::request& r);
  /// All rows of this run, page after page.
  tools::asio::awaitable<std::map<std::string, tools::json::value>> rows(std::string view);
  /// Takes in the payments' events that are new since the last call.
  tools::asio::awaitable<void> follow_payments();
  tools::asio::awaitable<node_books> read();

  const options& settings_;
  tools::session& line_;
  std::optional<tools::maildir> mail_;
  std::map<std::string, payment_row> payments_;
  std::string next_events_; ///< positions; empty: from the start
};

} // namespace shop::load
