// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An answer: a status, a few headers and a body, in buffers that are used again.
#pragma once

#include "problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace acta::http {

struct response {
  unsigned status = 200;
  std::string_view content_type = "application/json";
  std::string etag; ///< without its quotes: a stream's version, or a hash of the body
  std::string allow;
  std::string_view accept_encoding;
  std::string position;   ///< of what was read, for Acta-Position
  std::string standing;   ///< views that do not follow the journal now, for Acta-View-State
  std::string_view cache; ///< for Acta-Cache
  bool retry_after = false;
  bool streamed = false; ///< the body has no end yet
  std::string body;

  void clear() noexcept {
    status = 200;
    content_type = "application/json";
    etag.clear();
    allow.clear();
    accept_encoding = {};
    position.clear();
    standing.clear();
    cache = {};
    retry_after = false;
    streamed = false;
    if (body.capacity() > 65536) body = {};
    body.clear();
  }
  void set(const problem& p);
};

/// How the head of an answer ends up on the wire.
struct framing {
  std::string_view date; ///< IMF-fixdate
  unsigned version = 11; ///< of the request
  bool keep_alive = true;
};

/// Writes status line and headers of `r` into `out`, replacing it.
void write_head(std::string& out, const response& r, const framing& f);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
[[nodiscard]] std::string imf_fixdate(std::int64_t unix_seconds);

} // namespace acta::http
