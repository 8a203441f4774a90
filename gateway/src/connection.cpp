// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include "answer.hpp"
#include "entity_tags.hpp"
#include "parameters.hpp"

#include <acta/projections/errc.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstring>

namespace acta::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t first_buffer_bytes = 4096;
/// Room for a body's piece beside what may be left unparsed, which the reader limits to a header
/// section.
constexpr std::size_t read_bytes = 8192;
/// A connection that is closed on a client that still sends is read on for so long, or the kernel
/// would throw the answer away with the connection (RFC 9112, 9.6).
constexpr std::size_t drain_bytes_max = std::size_t{8} << 20;
constexpr std::chrono::milliseconds drain_time_max{2000};

} // namespace

connection::connection(std::shared_ptr<worker> owner, socket_type socket, std::size_t index,
                       bool admitted)
    : worker_(std::move(owner)), state_(worker_->state()), socket_(std::move(socket)),
      index_(index), admitted_(admitted),
      reader_(state_.options.header_bytes_max, state_.options.body_bytes_max) {}

void connection::set(phase p, std::chrono::milliseconds at_most) {
  phase_ = p;
  deadline_ = std::chrono::steady_clock::now() + at_most;
}

void connection::start() {
  error_code failed;
  socket_.non_blocking(true, failed);
  if (!failed) socket_.set_option(asio::ip::tcp::no_delay(true), failed);
  if (failed) return close();
  if (!admitted_)
    return refuse({.status = 503,
                   .code = "too_many_connections",
                   .detail = "the node has all the connections it takes"});
  set(phase::idle, options().idle_timeout);
  read_more();
}

void connection::advance() {
  while (begin_ != end_) {
    if (phase_ == phase::idle) set(phase::reading, options().read_timeout);
    const auto step = reader_.feed({buffer_.data() + begin_, end_ - begin_});
    begin_ += step.used;
    if (step.state == request_reader::progress::failed) return refuse(reader_.failure());
    if (step.state == request_reader::progress::need_more) {
      // The socket's buffer takes 25 bytes unless the client has stopped reading; then it times
      // out.
      if (error_code ignored; reader_.wants_continue())
        socket_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                           ignored);
      break;
    }
    if (!serve() || !send()) return;
  }
  read_more();
}

void connection::read_more() {
  const auto was_filled = end_ == buffer_.size();
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (was_filled)
    buffer_.resize(buffer_.empty() ? first_buffer_bytes : options().header_bytes_max + read_bytes);
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](const error_code& failed, std::size_t bytes) {
                            if (self->phase_ == phase::closed) return;
                            if (failed) return self->close();
                            self->safely([&] { self->on_read(bytes); });
                          });
}

void connection::on_read(std::size_t bytes) {
  if (phase_ == phase::draining || phase_ == phase::streaming) {
    drained_ += bytes;
    if (drained_ >= drain_bytes_max) return close();
    if (phase_ == phase::draining) return drain();
    begin_ = end_ = 0; // nothing that comes during a stream will be answered
    return read_more();
  }
  end_ += bytes;
  advance();
}

bool connection::serve() {
  phase_ = phase::serving;
  request_done_ = true;
  const auto& r = reader_.request();
  keep_alive_ = r.keep_alive && !state_.stopping;
  if (const auto wrong = understand(r, target_, call_, options(), state_.known)) {
    response_.set(*wrong);
    return true;
  }
  switch (call_.to) {
  case route::command:
    return ask();
  case route::state:
  case route::events:
  case route::views:
  case route::row:
  case route::rows:
  case route::query:
  case route::subscribers:
  case route::dead_letters:
  case route::subscriber:
  case route::processes:
  case route::set_aside:
  case route::drop_set_aside:
    wait_until_ = std::chrono::steady_clock::now() + call_.read.timeout;
    return read_store();
  case route::all_events:
  case route::why:
    return call_.live ? open_stream() : read_store();
  case route::live:
    answer_live(response_);
    break;
  case route::ready: {
    const auto figures = state_.runtime.figures();
    answer_ready(figures, state_.reasons_not_ready(figures), response_);
    break;
  }
  }
  return true;
}

bool connection::ask() {
  call_.options.timeout = options().request_timeout;
  auto asked = state_.runtime.ask_json(call_.aggregate, call_.id, call_.command,
                                       json_of(reader_.request()), std::move(call_.options));
  if (asked.is_ready()) { // refused at the door, mostly: no callback need come first
    answer(asked.wait());
    return true;
  }
  self_ = shared_from_this();
  try {
    asked.then_without_waiting([this](result<receipt> given) {
      answered(std::move(given));
    }); // one pointer: no allocation
  } catch (...) {
    self_.reset(); // nobody will answer
    throw;
  }
  return false;
}

void connection::answered(result<receipt> given) {
  answer_.emplace(std::move(given));
  worker_->answered(this);
}

void connection::answer(const result<receipt>& given) {
  if (given) {
    answer_receipt(*given, response_);
  } else {
    state_.note(given.error());
    answer_error(given.error(), call_, response_, options().log);
  }
  answer_.reset();
}

void connection::finish() {
  const auto self = std::move(self_);
  if (phase_ == phase::closed) return;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (stream_) return page_read();
  if (answer_) answer(*answer_);
  if (wait_for_view()) return;
  if (send()) advance();
}

bool connection::send() {
  keep_alive_ = keep_alive_ && !state_.stopping;
  const auto& r = reader_.request();
  if (request_done_) apply_preconditions(r, response_);
  write_head(head_, response_,
             {.date = worker_->date(), .version = r.version, .keep_alive = keep_alive_});
  const auto has_body = r.how != method::head && response_.status != 304;
  std::array<asio::const_buffer, 2> pieces{
      asio::buffer(head_), has_body ? asio::buffer(response_.body) : asio::const_buffer{}};
  const auto total = pieces[0].size() + pieces[1].size();
  // Nearly always the socket takes all of it at once.
  error_code failed;
  const auto written = socket_.write_some(pieces, failed);
  if (failed && failed != asio::error::would_block) return close(), false;
  if (written == total) return sent();

  const auto of_head = std::min(written, pieces[0].size());
  pieces[0] += of_head;
  pieces[1] += written - of_head;
  set(phase::writing, options().write_timeout);
  asio::async_write(socket_, pieces,
                    [self = shared_from_this()](const error_code& broken, std::size_t) {
                      if (self->phase_ == phase::closed) return;
                      if (broken) return self->close();
                      self->safely([&] {
                        if (self->sent()) self->advance();
                      });
                    });
  return false;
}

bool connection::sent() {
  response_.clear();
  if (!keep_alive_) {
    error_code ignored;
    const auto all_read = request_done_ && begin_ == end_ && socket_.available(ignored) == 0;
    return all_read ? close() : drain(), false;
  }
  request_done_ = false;
  reader_.next();
  set(phase::idle, options().idle_timeout);
  return true;
}

void connection::refuse(const problem& p) {
  keep_alive_ = false;
  response_.set(p);
  send();
}

void connection::give_up() noexcept {
  try {
    state_.log_failure(subject_of(call_));
  } catch (...) {} // memory
  // While somebody works for it nothing but the socket may be touched.
  if (phase_ != phase::serving || self_) return close();
  try {
    stream_.reset();
    late_view_.clear();
    answer_.reset();
    refuse(
        {.status = 500, .code = "internal", .detail = "the node failed in a way it does not know"});
  } catch (...) { close(); }
}

void connection::drain() {
  if (phase_ != phase::draining) {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    set(phase::draining, drain_time_max);
  }
  begin_ = end_ = 0;
  read_more();
}

void connection::check(std::chrono::steady_clock::time_point now) {
  if (phase_ == phase::serving || phase_ == phase::waiting || phase_ == phase::closed ||
      now < deadline_)
    return;
  if (phase_ == phase::streaming && step_ == stream_step::waiting) return beat();
  if (phase_ != phase::reading) return close();
  turn_away(
      {.status = 408, .code = "request_timeout", .detail = "the request did not arrive in time"});
}

void connection::turn_away(problem why) {
  // The answer is written beside the read that is under way; close() ends that one.
  response_.set(std::move(why));
  write_head(head_, response_, {.date = worker_->date(), .keep_alive = false});
  error_code ignored;
  socket_.write_some(std::array{asio::buffer(head_), asio::buffer(response_.body)}, ignored);
  close();
}

void connection::wind_down() {
  if (phase_ == phase::idle || phase_ == phase::draining) return close();
  // Nothing was promised to a request that has not arrived, and it must not hold up the end.
  if (phase_ == phase::reading) return turn_away(problem_of(error(projection_errc::stopped)));
  if (phase_ == phase::waiting) {
    ++wait_;
    phase_ = phase::serving;
    response_.set(problem_of(error(projection_errc::stopped)));
    if (send()) advance();
  }
  if (phase_ != phase::streaming) return;
  if (step_ == stream_step::waiting) return end_stream();
  // A page under way is finished; a reader that has stopped must not hold up the end.
  if (step_ == stream_step::writing) deadline_ = std::min(deadline_, end_by());
}

void connection::close() noexcept {
  if (phase_ == phase::closed) return;
  const auto self = shared_from_this(); // remove() may drop the last reference
  phase_ = phase::closed;
  if (!self_) stream_.reset(); // else a reading thread uses it
  error_code ignored;
  socket_.close(ignored);
  worker_->remove(*this);
}

} // namespace acta::http
