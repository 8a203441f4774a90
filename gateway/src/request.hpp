// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A request as the routes see it: only what they look at, in buffers that are used again for the
/// next one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace acta::http {

enum class method : std::uint8_t { get, head, post, other };

/// A header the gateway knows. `count` above 1 means that it was repeated.
struct header {
  std::string text;
  unsigned count = 0;
  [[nodiscard]] bool present() const noexcept { return count != 0; }
  void set(std::string_view value) {
    if (++count == 1) text.assign(value);
  }
  /// One that is a list: further lines go on with it (RFC 9110, 5.3).
  void join(std::string_view value) {
    if (count++ != 0) text += ", ";
    text += value;
  }
  void clear() noexcept {
    text.clear();
    count = 0;
  }
};

struct request {
  method how = method::other;
  bool keep_alive = true;
  unsigned version = 11; ///< 10 or 11
  std::string target;
  header host;
  header origin;
  header accept;
  header content_encoding;
  header content_type;
  header expect;
  header transfer_encoding;
  header idempotency_key;
  header if_match;
  header if_none_match;
  header if_unmodified_since;
  header last_event_id;
  header acta_correlation_id;
  header x_correlation_id;
  std::string body;

  void clear() noexcept {
    how = method::other;
    keep_alive = true;
    version = 11;
    target.clear();
    for (auto* h : {&host, &origin, &accept, &content_encoding, &content_type, &expect,
                    &transfer_encoding, &idempotency_key, &if_match, &if_none_match,
                    &if_unmodified_since, &last_event_id, &acta_correlation_id, &x_correlation_id})
      h->clear();
    // One large body must not keep its memory for the life of the connection.
    if (body.capacity() > 65536) body = {};
    body.clear();
  }
};

} // namespace acta::http
