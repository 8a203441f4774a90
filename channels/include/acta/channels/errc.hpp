// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Why an e-mail or a webhook did not go out. Condition `invalid` means that trying again is of no
/// use.
#pragma once

#include <acta/core/error.hpp>

namespace acta {

enum class channel_errc {
  bad_options = 1, ///< The channel cannot be made of these. -> invalid
  bad_content,     ///< An address, a subject, a text or a URL that cannot be sent. -> invalid
  refused,         ///< The receiver will not take it, now or later: 5xx of SMTP, 4xx of HTTP.
                   ///< -> invalid
  try_later,       ///< The receiver cannot take it now: 4xx of SMTP, 5xx, 429 and others of HTTP.
                   ///< -> unavailable
  unreachable,     ///< No connection, or one that broke. -> unavailable
  not_trusted,     ///< No encryption to be had, or a certificate that is not vouched for.
                   ///< -> unavailable
  login_refused,   ///< User or password are not taken. -> unavailable
  timeout,         ///< Not done in time; it may have gone out all the same. -> timeout
  io,              ///< The operating system refused a file. -> io
};

std::error_code make_error_code(channel_errc e) noexcept;

} // namespace acta

template <> struct std::is_error_code_enum<acta::channel_errc> : std::true_type {};
