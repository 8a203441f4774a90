// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// E-mails to an SMTP server, which passes them on.
#pragma once

#include <acta/channels/errc.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/effect.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace acta {

enum class smtp_security {
  none,     ///< plain text; no login but to a loopback address
  starttls, ///< begins in plain text, goes on only encrypted (ports 587 and 25)
  tls,      ///< encrypted from the first byte (port 465)
};

struct smtp_options {
  std::string host; ///< a name or a numeric address
  std::uint16_t port = 587;
  smtp_security security = smtp_security::starttls;
  /// Both or none. The server's best mechanism is taken; a server that offers no login gets the
  /// mail without one, or refuses it.
  std::string user;
  std::string password;
  /// Authorities to trust (PEM) instead of the system's; empty: the system's.
  std::filesystem::path ca_file;
  /// The sender: `shop@example.org` or `The Shop <shop@example.org>`, the name in UTF-8.
  std::string from;
  /// For one mail, 1 ms..1 h. Cost: a thread that waits. A connection that goes wrong is closed in
  /// at most as long again.
  std::chrono::milliseconds timeout = std::chrono::seconds{30};
  /// Of it, to have a connection and be logged in, 1 ms..1 h.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// Connections kept for the next mail, 0..64. Cost: a file descriptor and about 100 KB each. A
  /// call beyond them opens one and closes it.
  std::size_t connections_kept = 4;
  /// Time for the header `Date`; it must not throw.
  std::function<time_point()> clock = system_now;
};

/// Whether a mail channel takes it as `from`. Errors: `bad_options`, saying what is wrong.
result<void> check_mail_from(std::string_view from);

/// A channel that hands each mail to the server: plain text, one receiver, with the headers
/// `Message-ID: <KEY@acta>`, `Acta-Key` and `Acta-Event`, by which a repetition can be known. A
/// mail whose answer was lost is sent again under the same ids.
///
/// Addresses are ASCII, `local@domain` without quotes; a text is at most 4 MiB, a subject 2000
/// bytes. Errors: `bad_options`, also when ca_file cannot be read. Of the channel: `bad_content`,
/// `refused` (5xx to sender, receiver or content) are final; `try_later`, `unreachable`,
/// `not_trusted`, `login_refused`, `timeout` are not. Threads: the channel is called by any number
/// at once. Blocking: until the server has answered, or `timeout`.
result<mail_channel> smtp_mail(smtp_options options);

} // namespace acta
