// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "response.hpp"

#include "json_text.hpp"

#include <chrono>
#include <cstdio>

namespace acta::http {

void response::set(const problem& p) {
  clear();
  status = p.status;
  content_type = "application/problem+json";
  body = p.to_json();
  allow = p.allow;
  accept_encoding = p.accept_encoding;
  retry_after = p.status == 429 || p.status == 503;
}

void write_head(std::string& out, const response& r, const framing& f) {
  out.clear();
  out += "HTTP/1.1 ";
  append_number(out, r.status);
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\nDate: ";
  out += f.date;
  if (r.status != 304) {
    out += "\r\nContent-Type: ";
    out += r.content_type;
    if (r.streamed) {
      // Neither a cache nor a proxy (nginx knows the second) may hold events back.
      out += "\r\nCache-Control: no-store\r\nX-Accel-Buffering: no";
      if (f.version == 11) out += "\r\nTransfer-Encoding: chunked";
    } else {
      out += "\r\nContent-Length: ";
      append_number(out, r.body.size());
    }
  }
  if (!r.etag.empty()) {
    out += "\r\nETag: \"";
    out += r.etag;
    out += '"';
  }
  if (!r.position.empty()) {
    out += "\r\nActa-Position: ";
    out += r.position;
  }
  if (!r.standing.empty()) {
    out += "\r\nActa-View-State: ";
    out += r.standing;
  }
  if (!r.cache.empty()) {
    out += "\r\nActa-Cache: ";
    out += r.cache;
  }
  if (!r.allow.empty()) {
    out += "\r\nAllow: ";
    out += r.allow;
  }
  if (!r.accept_encoding.empty()) {
    out += "\r\nAccept-Encoding: ";
    out += r.accept_encoding;
  }
  if (r.retry_after) out += "\r\nRetry-After: 1";
  if (!f.keep_alive)
    out += "\r\nConnection: close";
  else if (f.version == 10)
    out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
}

std::string imf_fixdate(std::int64_t unix_seconds) {
  // By hand: strftime would follow the process's locale.
  static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds at{std::chrono::seconds{unix_seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  char text[40];
  const auto length = std::snprintf(
      text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
      weekdays[std::chrono::weekday{day}.c_encoding()], unsigned{date.day()},
      months[unsigned{date.month()} - 1], int{date.year()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

} // namespace acta::http
