// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a connection does on the reading threads: reads that wait for a view, and event streams.
#include "answer.hpp"
#include "answer_processes.hpp"
#include "answer_read.hpp"
#include "answer_subscribers.hpp"
#include "connection.hpp"
#include "sse.hpp"

#include <acta/projections/errc.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace acta::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
/// For a client to take the end of its stream.
constexpr std::chrono::milliseconds end_time_max{1000};
} // namespace

template <class F> void connection::on_reader(F f) {
  self_ = shared_from_this();
  try {
    state_.begin_work();
    asio::post(state_.readers, [this, f, &state = state_]() noexcept {
      try {
        if (!state.late)
          f();
        else if (!stream_)
          response_.set(problem_of(error(projection_errc::stopped)));
      } catch (...) { failure_ = std::current_exception(); }
      worker_->answered(this); // may be the end of this
      state.end_work();
    });
  } catch (...) {
    state_.end_work();
    self_.reset();
    throw;
  }
}

// -- reads ------------------------------------------------------------------------------------

bool connection::read_store() {
  on_reader([this] {
    const auto& r = reader_.request();
    const auto& log = options().log;
    switch (call_.to) {
    case route::state:
      return answer_state(state_.runtime, call_, response_, log);
    case route::events:
      return answer_events(state_.runtime, call_, response_, log);
    case route::views:
      return answer_views(state_.runtime, response_);
    case route::all_events:
      return answer_all_events(state_.runtime, call_, response_, log);
    case route::subscribers:
      return answer_subscribers(state_.runtime, response_);
    case route::dead_letters:
      return answer_dead_letters(state_.runtime, call_, response_, log);
    case route::subscriber:
      return answer_order(state_.runtime, call_, response_, log);
    case route::processes:
      return answer_processes(state_.runtime, response_);
    case route::set_aside:
      return answer_set_aside(state_.runtime, call_, response_, log);
    case route::drop_set_aside:
      return answer_drop_set_aside(state_.runtime, call_, response_, log);
    case route::why:
      return answer_why(state_.runtime, call_, response_, log);
    default:
      late_view_ = answer_read(state_.runtime, call_, target_, r, response_, log);
    }
  });
  return false;
}

bool connection::wait_for_view() {
  if (late_view_.empty()) return false;
  const auto view = std::exchange(late_view_, {});
  if (state_.stopping || std::chrono::steady_clock::now() >= wait_until_) return false;
  phase_ = phase::waiting;
  state_.runtime.when_visible(
      view, call_.read.at_least, wait_until_,
      [w = worker_, weak = weak_from_this(), n = ++wait_](const result<void>& came) {
        w->post([weak, n, came] {
          if (const auto c = weak.lock()) c->safely([&] { c->view_came(n, came); });
        });
      });
  return true;
}

void connection::view_came(std::uint64_t wait, const result<void>& came) {
  if (wait != wait_ || phase_ != phase::waiting) return;
  phase_ = phase::serving;
  response_.clear();
  if (came) {
    read_store();
    return;
  }
  answer_error(came.error(), call_, response_, options().log);
  if (send()) advance();
}

// -- event streams ----------------------------------------------------------------------------

bool connection::open_stream() {
  auto place = state_.enter_stream();
  if (!place) {
    response_.set({.status = 503,
                   .code = "too_many_streams",
                   .detail = "the node has all the event streams it takes"});
    return true;
  }
  auto events = follow(state_.runtime, call_);
  if (!events) {
    response_.set(follow_problem(events.error()));
    return true;
  }
  response_.content_type = "text/event-stream";
  response_.streamed = true;
  if (reader_.request().how == method::head) return true;
  stream_ = std::make_unique<event_stream>(std::move(*events), std::move(*place));
  read_page();
  return false;
}

void connection::read_page() {
  step_ = stream_step::reading;
  deadline_ = std::chrono::steady_clock::time_point::max();
  on_reader([this] { page_ = stream_->read(); });
}

void connection::page_read() {
  const auto begins = phase_ != phase::streaming;
  if (begins && (!page_ || state_.stopping)) {
    stream_.reset();
    answer_error(page_ ? error(projection_errc::stopped) : page_.error(), call_, response_,
                 options().log);
    if (send()) advance();
    return;
  }
  if (!page_ && page_.error().code() != projection_errc::stopped)
    state_.log(log_level::error, "events: " + page_.error().to_string());
  if (!page_ || state_.stopping) return end_stream();
  if (begins) begin_stream();
  if (!head_.empty() || !stream_->text().empty()) return write_page();
  go_on_streaming();
}

void connection::begin_stream() {
  phase_ = phase::streaming;
  keep_alive_ = false; // it ends with the connection
  chunked_ = reader_.request().version == 11;
  write_head(head_, response_,
             {.date = worker_->date(), .version = reader_.request().version, .keep_alive = false});
  last_sign_ = std::chrono::steady_clock::now();
  // For the end of the connection; it stays under way all the time.
  begin_ = end_ = drained_ = 0;
  read_more();
}

void connection::go_on_streaming() {
  // A filter that lets nothing through for long is no reason to seem dead.
  if (std::chrono::steady_clock::now() - last_sign_ >= options().stream_heartbeat) return beat();
  stream_->has_caught_up() ? wait_for_events() : read_page();
}

void connection::wait_for_events() {
  step_ = stream_step::waiting;
  deadline_ = last_sign_ + options().stream_heartbeat;
  stream_->notify([w = worker_, weak = weak_from_this(), n = ++wait_] {
    w->post([weak, n] {
      const auto c = weak.lock();
      if (c && n == c->wait_ && c->phase_ == phase::streaming && c->step_ == stream_step::waiting)
        c->safely([&] { c->read_page(); });
    });
  });
}

void connection::beat() {
  stream_->beat();
  write_page();
}

void connection::write_page() {
  step_ = stream_step::writing;
  const auto& text = stream_->text();
  if (chunked_ && !text.empty()) append_chunk_head(head_, text.size());
  to_write_ = {head_, text, chunked_ && !text.empty() ? chunk_end : std::string_view{}};
  deadline_ = std::chrono::steady_clock::now() + options().write_timeout;
  write_rest();
}

void connection::write_rest() {
  std::array<asio::const_buffer, 3> pieces;
  std::ranges::transform(to_write_, pieces.begin(), [](auto t) { return asio::buffer(t); });
  socket_.async_write_some(
      pieces, [self = shared_from_this()](const error_code& failed, std::size_t bytes) {
        if (self->phase_ == phase::closed) return;
        if (failed) return self->close();
        self->safely([&] { self->on_written(bytes); });
      });
}

void connection::on_written(std::size_t bytes) {
  bool left = false;
  for (auto& piece : to_write_) {
    const auto of_it = std::min(bytes, piece.size());
    piece.remove_prefix(of_it);
    bytes -= of_it;
    left = left || !piece.empty();
  }
  if (!left) return page_written();
  // Whoever takes anything at all is given time for more, unless the gateway stops.
  if (!state_.stopping) deadline_ = std::chrono::steady_clock::now() + options().write_timeout;
  write_rest();
}

void connection::page_written() {
  head_.clear();
  if (step_ == stream_step::ending) {
    stream_.reset();
    return hang_up();
  }
  last_sign_ = std::chrono::steady_clock::now();
  if (state_.stopping) return end_stream();
  go_on_streaming();
}

std::chrono::steady_clock::time_point connection::end_by() {
  return std::chrono::steady_clock::now() + end_time_max;
}

void connection::hang_up() {
  error_code ignored;
  if (socket_.available(ignored) == 0) return close();
  // What was not read would throw the end away with the connection; a read is under way already.
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  set(phase::draining, end_time_max);
}

void connection::end_stream() {
  step_ = stream_step::ending;
  ++wait_;
  to_write_ = {head_, chunked_ ? last_chunk : std::string_view{}, {}};
  deadline_ = end_by();
  if (to_write_[0].empty() && to_write_[1].empty()) return page_written();
  write_rest();
}

} // namespace acta::http
