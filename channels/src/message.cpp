// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include "encoded_text.hpp"

#include <acta/channels/errc.hpp>

#include <chrono>
#include <cstdio>

namespace acta::channels {

namespace {

constexpr std::size_t text_bytes_max = std::size_t{4} << 20;
constexpr std::size_t subject_bytes_max = 2000;

/// `Tue, 24 Nov 2026 10:00:00 +0000`; strftime would ask the locale for the names.
std::string date_text(time_point at) {
  using namespace std::chrono;
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(at - day));
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000",
                days[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

result<void> check(const mail& m) {
  if (auto ok = check_address(m.to); !ok) return ok;
  if (m.subject.size() > subject_bytes_max)
    return error(channel_errc::bad_content, "the subject is longer than 2000 bytes");
  if (auto ok = check_line("the subject", m.subject); !ok) return ok;
  if (m.text.size() > text_bytes_max)
    return error(channel_errc::bad_content, "the text is longer than 4 MiB");
  return check_text("the text", m.text);
}

} // namespace

result<std::string> compose(const sender& from, const mail& m, const effect_context& why,
                            time_point now) {
  if (auto ok = check(m); !ok) return std::move(ok).error();
  const auto key = why.key.to_string();
  const auto body = encode_body(m.text);
  std::string out;
  out += header("Message-ID", "<" + key + "@acta>");
  out += header("Date", date_text(now));
  out += address_header("From", from.name, from.address);
  out += address_header("To", {}, m.to);
  out += header("Subject", m.subject);
  out += header("Acta-Event", why.event.position.to_string());
  out += header("Acta-Key", key);
  // RFC 3834: no answer from a machine to a machine.
  out += header("Auto-Submitted", "auto-generated");
  out += header("MIME-Version", "1.0");
  out += header("Content-Type", "text/plain; charset=utf-8");
  out += header("Content-Transfer-Encoding", body.encoding);
  out += '\n';
  return out += body.text;
}

} // namespace acta::channels
