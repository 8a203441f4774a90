// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What every chapter of the tour does: asks and shows, waits, and looks into the maildir.
#pragma once

#include "narrator.hpp"

#include "../client/maildir.hpp"
#include "../client/session.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace shop::demo {

class guide {
public:
  guide(tools::session& line, narrator& tell, tools::maildir mail)
      : line_(line), tell_(tell), mail_(std::move(mail)) {}

  [[nodiscard]] narrator& tell() const noexcept { return tell_; }

  /// Shows the request and the answer.
  tools::asio::awaitable<tools::answer> ask(const tools::request& r);
  /// Asks, and shows nothing.
  tools::asio::awaitable<tools::answer> quietly(const tools::request& r);
  /// As `ask`, for a command that must be accepted with an event of that type.
  tools::asio::awaitable<tools::answer> command(const tools::request& r, std::string_view event);
  /// Asks again and again, without a word, until the answer holds what is waited for, and shows
  /// that one. At the end of patience the answer is shown as it is, and `what` is a failed
  /// expectation.
  tools::asio::awaitable<tools::answer> wait(const tools::request& r, std::string what,
                                             std::function<bool(const tools::answer&)> holds);
  /// Shows all events after that position, and returns them.
  tools::asio::awaitable<tools::json::array> events_after(std::string position);
  /// Waits for the letter of that subject, and shows it. There must be one, to that address.
  tools::asio::awaitable<void> letter(std::string subject, std::string to);

private:
  tools::session& line_;
  narrator& tell_;
  tools::maildir mail_;
};

} // namespace shop::demo
