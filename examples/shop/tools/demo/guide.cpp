// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "guide.hpp"

#include <acta/core/ids.hpp>

#include <algorithm>

namespace shop::demo {

namespace json = boost::json;
using tools::answer;
using tools::request;
using tools::asio::awaitable;
using steady = std::chrono::steady_clock;

namespace {

/// For what the shop does by itself. Only a broken one comes near.
constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds look_every{20};

} // namespace

awaitable<answer> guide::ask(const request& r) {
  tell_.request(r);
  auto got = co_await line_.send(r);
  tell_.answer(got);
  co_return got;
}

awaitable<answer> guide::quietly(const request& r) { return line_.send(r); }

awaitable<answer> guide::command(const request& r, std::string_view event) {
  auto got = co_await ask(r);
  if (!got.ok() || got.event(event) == nullptr)
    tell_.expect(false, "accepted with the event " + std::string(event));
  co_return got;
}

awaitable<answer> guide::wait(const request& r, std::string what,
                              std::function<bool(const answer&)> holds) {
  const auto until = steady::now() + patience;
  for (;;) {
    auto got = co_await line_.send(r);
    const auto there = holds(got);
    if (there || steady::now() > until) {
      tell_.request(r);
      tell_.answer(got);
      tell_.expect(there, what);
      co_return got;
    }
    co_await tools::pause_for(look_every);
  }
}

awaitable<json::array> guide::events_after(std::string position) {
  const auto seen = acta::position::parse(position);
  const auto from = seen ? acta::position{seen->partition, seen->number + 1} : acta::position{0, 1};
  const auto page = request::events({{"from", from.to_string()}, {"limit", "1000"}});
  const auto got = co_await ask(page);
  co_return tools::list_at(got.body, "/events");
}

awaitable<void> guide::letter(std::string subject, std::string to) {
  const auto until = steady::now() + patience;
  for (;;) {
    const auto all = mail_.read();
    const auto has_subject = [&](const tools::letter& l) { return l.subject == subject; };
    const auto found = std::ranges::find_if(all, has_subject);
    if (found != all.end()) {
      tell_.line("   e-mail, as it lies in the maildir:");
      tell_.letter(*found);
      tell_.expect(std::ranges::count_if(all, has_subject) == 1 && found->to == to,
                   "one e-mail '" + subject + "' to " + to);
      co_return;
    }
    if (steady::now() > until) {
      tell_.expect(false, "an e-mail '" + subject + "'");
      co_return;
    }
    co_await tools::pause_for(look_every);
  }
}

} // namespace shop::demo
