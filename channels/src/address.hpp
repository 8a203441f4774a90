// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Addresses of e-mail and of hosts, as far as channels take them.
#pragma once

#include <acta/core/result.hpp>

#include <string>
#include <string_view>

namespace acta::channels {

/// Takes what acta/domain/mail_address.hpp says. So nothing of it needs escaping in an envelope or
/// a header. Errors: `bad_content`, naming what is wrong.
result<void> check_address(std::string_view address);

struct sender {
  std::string address;
  std::string name; ///< UTF-8, or empty
};

/// `address` or `name <address>`. Errors: `bad_content`.
result<sender> parse_sender(std::string_view text);

/// A loopback address, or `localhost`, which libcurl never asks a name server for.
[[nodiscard]] bool is_loopback(const std::string& host);

} // namespace acta::channels
