// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Webhooks: a signed POST to somebody else's server.
#pragma once

#include <acta/channels/errc.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/effect.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace acta {

/// Where http:// may go, for all on the way to read.
enum class plain_http {
  never,
  loopback, ///< 127.0.0.0/8, ::1 and `localhost`
  anywhere
};

struct webhook_options {
  /// Shared with the receiver, at least 16 bytes. Empty: calls are not signed, and a receiver
  /// cannot tell them from anybody's.
  std::string secret;
  /// Authorities to trust (PEM) instead of the system's; empty: the system's.
  std::filesystem::path ca_file;
  /// URLs often come from users: with more than `never`, whatever listens there without asking who
  /// calls, such as a gateway of Acta's, can be reached by them.
  plain_http allow_plain_http = plain_http::never;
  /// For one call, 1 ms..1 h. Cost: a thread that waits.
  std::chrono::milliseconds timeout = std::chrono::seconds{30};
  /// Of it, to have a connection, 1 ms..1 h.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// Of an answer, headers and body, 1 KiB..16 MiB; no more is read: the status alone counts.
  std::size_t response_bytes_max = std::size_t{64} << 10;
  /// Handles kept for the next call, with up to five connections each, 0..64. Cost: a file
  /// descriptor and about 50 KB a connection.
  std::size_t handles_kept = 4;
  /// Time for the header `Acta-Timestamp`; it must not throw.
  std::function<time_point()> clock = system_now;
};

/// A channel that POSTs with these headers; channels/README.md tells how a receiver checks them.
///
///   Idempotency-Key, Acta-Key  the effect's key, the same at every try
///   Acta-Event                 position of the event that is the reason: `0:17`
///   Acta-Attempt               1, 2, …
///   Acta-Timestamp             seconds since 1970, of this try
///   Acta-Signature             `v1=` and the hex HMAC-SHA256 of timestamp + "." + body
///
/// Redirects are not followed, proxies of the environment not used, cookies not kept. A body is at
/// most 16 MiB. Errors: `bad_options`, also when ca_file cannot be read. Of the channel: 2xx is
/// success; `bad_content` (the URL, or http:// to where it may not go) and `refused` (4xx but 408,
/// 425 and 429) are final; `try_later` (any other status; a Retry-After, in seconds or as a date,
/// is told in error::retry_after), `unreachable`, `not_trusted` and `timeout` are not. Threads: the
/// channel is called by any number at once. Blocking: until the answer has been read, or `timeout`.
result<webhook_channel> http_webhook(webhook_options options);

} // namespace acta
