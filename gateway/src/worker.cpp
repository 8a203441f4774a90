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

void worker::start() {
  sweep();
  // Connections compare with thread_; the first is accepted after all workers have started.
  thread_ = std::thread([this] { run(); });
}

void worker::run() {
  ::pthread_setname_np(::pthread_self(), "acta-http");
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& e) {
      state_->log(log_level::error, std::string("gateway: ") + e.what());
    }
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
    auto c =
        std::make_shared<connection>(shared_from_this(), std::move(socket), connections_.size(),
                                     admitted == shared_state::admission::admitted);
    connections_.push_back(c);
    c->start();
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

void worker::answered(connection* c) {
  {
    const std::lock_guard lock(mailbox_);
    if (!closed_) {
      answers_.push_back(c);
      if (answers_.size() > 1) return; // a wake-up is under way
      asio::post(context_, [this] { take_answers(); });
      return;
    }
  }
  c->abandon();
}

void worker::take_answers() {
  {
    const std::lock_guard lock(mailbox_);
    taken_.swap(answers_);
  }
  for (auto* c : taken_) c->finish();
  taken_.clear();
}

void worker::sweep() {
  const auto now = std::chrono::steady_clock::now();
  const auto open = connections_;
  for (const auto& c : open) c->check(now);
  sweeper_.expires_after(sweep_every_);
  sweeper_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed) sweep();
  });
}

void worker::wind_down() {
  asio::post(context_, [this] {
    const auto open = connections_;
    for (const auto& c : open) c->wind_down();
  });
}

void worker::close() {
  asio::post(context_, [this] {
    {
      const std::lock_guard lock(mailbox_);
      closed_ = true;
      taken_.swap(answers_);
    }
    for (auto* c : taken_) c->abandon();
    taken_.clear();
    const auto open = connections_;
    for (const auto& c : open) c->close();
    sweeper_.cancel();
    work_.reset();
  });
}

void worker::join() {
  if (thread_.joinable()) thread_.join();
}

} // namespace acta::http
