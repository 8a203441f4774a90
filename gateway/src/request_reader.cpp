// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <optional>
#include <utility>

namespace acta::http {

namespace beast = boost::beast;

/// Beast's own request parser keeps every field in an allocation of its own; this one keeps those
/// the gateway looks at, in buffers that live as long as the connection.
class request_reader::parser final : public beast::http::basic_parser<true> {
  using error_code = beast::error_code;
  using view = beast::string_view;
  using field = beast::http::field;

public:
  explicit parser(http::request& into) : into_(into) {}

private:
  void on_request_impl(beast::http::verb known, view, view target, int version,
                       error_code&) override {
    using beast::http::verb;
    into_.how = known == verb::get    ? method::get
                : known == verb::post ? method::post
                : known == verb::head ? method::head
                                      : method::other;
    into_.target.assign(target.data(), target.size());
    into_.version = static_cast<unsigned>(version);
  }
  void on_field_impl(field name, view text, view value, error_code&) override {
    if (is_header_done()) return; // a trailer decides nothing
    auto* known = find(name, text);
    if (known == nullptr) return;
    const std::string_view words{value.data(), value.size()};
    const auto is_list = known == &into_.accept || known == &into_.content_encoding ||
                         known == &into_.if_match || known == &into_.if_none_match ||
                         known == &into_.transfer_encoding;
    is_list ? known->join(words) : known->set(words);
  }
  http::header* find(field name, view text) {
    switch (name) {
    case field::host:
      return &into_.host;
    case field::origin:
      return &into_.origin;
    case field::accept:
      return &into_.accept;
    case field::content_encoding:
      return &into_.content_encoding;
    case field::content_type:
      return &into_.content_type;
    case field::expect:
      return &into_.expect;
    case field::transfer_encoding:
      return &into_.transfer_encoding;
    case field::if_match:
      return &into_.if_match;
    case field::if_none_match:
      return &into_.if_none_match;
    case field::if_unmodified_since:
      return &into_.if_unmodified_since;
    case field::unknown:
      break;
    default:
      return nullptr;
    }
    if (beast::iequals(text, "Last-Event-ID")) return &into_.last_event_id;
    if (beast::iequals(text, "Idempotency-Key")) return &into_.idempotency_key;
    if (beast::iequals(text, "Acta-Correlation-Id")) return &into_.acta_correlation_id;
    if (beast::iequals(text, "X-Correlation-ID")) return &into_.x_correlation_id;
    return nullptr;
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length)
      into_.body.reserve(static_cast<std::size_t>(*length)); // checked against the limit already
  }
  std::size_t on_body_impl(view bytes, error_code&) override {
    into_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, view bytes, error_code&) override {
    into_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, view, int, error_code&) override {}

  http::request& into_;
};

struct request_reader::state {
  std::size_t header_bytes_max;
  std::size_t body_bytes_max;
  http::request request;
  std::optional<parser> parsing;
  std::size_t header_bytes = 0;
  bool continued = false;
  problem failure;
};

request_reader::request_reader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : state_(new state{.header_bytes_max = header_bytes_max, .body_bytes_max = body_bytes_max}) {
  next();
}

request_reader::~request_reader() = default;

void request_reader::next() {
  auto& s = *state_;
  s.request.clear();
  s.parsing.emplace(s.request);
  s.parsing->eager(true);
  s.parsing->header_limit(static_cast<std::uint32_t>(s.header_bytes_max));
  s.parsing->body_limit(s.body_bytes_max);
  s.header_bytes = 0;
  s.continued = false;
}

bool request_reader::started() const noexcept { return state_->parsing->got_some(); }

bool request_reader::wants_continue() noexcept {
  auto& s = *state_;
  // A client of HTTP/1.0 would take it for the answer (RFC 9110, 10.1.1).
  if (s.continued || !s.parsing->is_header_done() || !s.request.expect.present() ||
      s.request.version == 10)
    return false;
  return s.continued = true;
}

const http::request& request_reader::request() const noexcept { return state_->request; }
const problem& request_reader::failure() const noexcept { return state_->failure; }

namespace {

problem refuse(unsigned status, std::string code, std::string detail) {
  return {.status = status, .code = std::move(code), .detail = std::move(detail)};
}

/// What is wrong with a header section that Beast accepts; nothing if it is fine.
std::optional<problem> check_header(const http::request& r, bool chunked) {
  if (r.host.count > 1 || (r.version == 11 && !r.host.present()))
    return refuse(400, "bad_request", "a request of HTTP/1.1 needs one Host header");
  // Beast would take such a message for one without a body, and its body for the next request.
  if (r.transfer_encoding.present() &&
      (!chunked || !beast::iequals(r.transfer_encoding.text, "chunked")))
    return refuse(501, "unsupported_transfer_encoding",
                  "the only transfer encoding known is chunked");
  if (r.expect.present() && !beast::iequals(r.expect.text, "100-continue"))
    return refuse(417, "expectation_failed", "the only expectation known is 100-continue");
  return std::nullopt;
}

problem refuse(const beast::error_code& failed, std::size_t header_bytes_max,
               std::size_t body_bytes_max) {
  using beast::http::error;
  if (failed == error::header_limit)
    return refuse(431, "headers_too_large",
                  "request line and headers are limited to " + std::to_string(header_bytes_max) +
                      " bytes");
  if (failed == error::body_limit)
    return refuse(413, "body_too_large",
                  "bodies are limited to " + std::to_string(body_bytes_max) + " bytes");
  return refuse(400, "bad_request", "malformed HTTP: " + failed.message());
}

} // namespace

request_reader::step request_reader::feed(std::string_view bytes) {
  auto& s = *state_;
  step done;
  const auto fail = [&](problem p) {
    s.failure = std::move(p);
    done.state = progress::failed;
    return done;
  };
  const auto had_header = s.parsing->is_header_done();
  beast::error_code failed;
  done.used = s.parsing->put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
  if (failed && failed != beast::http::error::need_more)
    return fail(refuse(failed, s.header_bytes_max, s.body_bytes_max));
  if (!s.parsing->is_header_done()) {
    // Beast forgets the fields it has passed, so its limit alone would let a header section drip in
    // without end.
    s.header_bytes += done.used;
    if (s.header_bytes + (bytes.size() - done.used) > s.header_bytes_max)
      return fail(refuse(beast::http::error::header_limit, s.header_bytes_max, s.body_bytes_max));
    return done;
  }
  if (!had_header) {
    // Somebody on the way may have framed a message of 1.0 otherwise (RFC 9112, 6.1).
    s.request.keep_alive = s.parsing->keep_alive() &&
                           !(s.request.version == 10 && s.request.transfer_encoding.present());
    if (auto wrong = check_header(s.request, s.parsing->chunked())) return fail(std::move(*wrong));
  }
  if (s.parsing->is_done()) {
    done.state = progress::complete;
    return done;
  }
  // Left over within a body can only be the line of a chunk or the trailers.
  if (bytes.size() - done.used > s.header_bytes_max)
    return fail(
        refuse(400, "bad_request", "malformed HTTP: a chunk's line or the trailers are too long"));
  return done;
}

} // namespace acta::http
