// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include "connection.hpp"
#include "response.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <algorithm>
#include <ctime>

namespace acta::http {

namespace asio = boost::asio;

worker::worker(std::shared_ptr<shared_state> state) : state_(std::move(state)) {
  const auto& o = state_->options;
  // A deadline is met a quarter late at most, for the price of one timer per worker instead of one
  // per operation.
  sweep_every_ = std::clamp(
      std::min({o.idle_timeout, o.read_timeout, o.write_timeout, o.stream_heartbeat}) / 4,
      std::chrono::milliseconds{5}, std::chrono::milliseconds{500});
}

worker::~worker() = default;

void worker::start(std::function<void()> go_on) {
  sweep();
  state_->begin_work();
  try {
    thread_ = std::thread([this, then = std::move(go_on)] {
      run(then);
      state_->end_work();
    });
  } catch (...) {
    state_->end_work();
    throw;
  }
}

void worker::run(const std::function<void()>& go_on) {
  ::pthread_setname_np(::pthread_self(), "acta-http");
  // Connections hold back what they throw, so this is Asio out of memory. Whatever it was about to
  // call is not called any more.
  for (bool threw = false;; threw = true) {
    try {
      if (threw && !state_->stopping) {
        sweep();
        go_on();
      }
      context_.run();
      return;
    } catch (...) { state_->log_failure("gateway"); }
  }
}

std::string_view worker::date() {
  if (const std::int64_t now = std::time(nullptr); now != date_of_) {
    date_ = imf_fixdate(now);
    date_of_ = now;
  }
  return date_;
}

void worker::take(socket_type socket) {
  asio::post(context_, [this, socket = std::move(socket)]() mutable {
    if (state_->stopping) return;
    const auto admitted = state_->admit();
    if (admitted == shared_state::admission::full) return;
    const auto is_served = admitted == shared_state::admission::admitted;
    std::shared_ptr<connection> c;
    try {
      c = std::make_shared<connection>(shared_from_this(), std::move(socket), connections_.size(),
                                       is_served);
      connections_.push_back(c);
    } catch (...) {
      state_->log_failure("gateway: a connection");
      return state_->closed(is_served);
    }
    c->safely([&] { c->start(); });
  });
}

void worker::remove(connection& c) {
  const auto last = std::move(connections_.back());
  connections_.pop_back();
  if (last.get() != &c) {
    last->move_to(c.index());
    connections_[c.index()] = last;
  }
  state_->closed(c.admitted());
}

void worker::answered(connection* c) noexcept {
  {
    const std::lock_guard lock(mailbox_);
    if (!closed_) {
      c->next_answered = std::exchange(answered_, c);
      if (c->next_answered != nullptr) return; // a wake-up is under way
      try {
        asio::post(context_, [this] { take_answers(); });
      } catch (...) {} // out of memory: the next sweep takes it
      return;
    }
  }
  c->abandon();
}

connection* worker::take_answered() noexcept {
  connection* last = nullptr;
  {
    const std::lock_guard lock(mailbox_);
    last = std::exchange(answered_, nullptr);
  }
  connection* first = nullptr; // in the order in which they came
  while (last != nullptr) first = std::exchange(last, std::exchange(last->next_answered, first));
  return first;
}

void worker::take_answers() {
  for (auto* c = take_answered(); c != nullptr;) {
    auto* const now = std::exchange(c, c->next_answered);
    const auto kept = now->shared_from_this();
    kept->safely([&] { kept->finish(); });
  }
}

template <class F> void worker::for_each(F f) {
  // From behind: the place of one that closes is taken by the last, which has had its turn.
  for (auto i = connections_.size(); i-- > 0;) {
    const auto c = connections_[i];
    c->safely([&] { f(*c); });
  }
}

void worker::sweep() {
  take_answers(); // whose wake-up could not be posted
  const auto now = std::chrono::steady_clock::now();
  for_each([now](connection& c) { c.check(now); });
  sweeper_.expires_after(sweep_every_);
  sweeper_.async_wait([this](const boost::system::error_code& failed) {
    // One that is due while close() runs can no longer be cancelled; another would keep the loop.
    if (!failed && !closed_) sweep();
  });
}

void worker::wind_down() {
  asio::post(context_, [this] { for_each([](connection& c) { c.wind_down(); }); });
}

void worker::close() {
  asio::post(context_, [this] {
    // Before answers are abandoned: the threads they come on do so, and to what is closed alone.
    for_each([](connection& c) { c.close(); });
    {
      const std::lock_guard lock(mailbox_);
      closed_ = true;
    }
    for (auto* c = take_answered(); c != nullptr;) std::exchange(c, c->next_answered)->abandon();
    sweeper_.cancel();
    work_.reset();
  });
}

void worker::join() {
  if (thread_.joinable()) thread_.join();
}

} // namespace acta::http
