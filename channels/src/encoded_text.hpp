// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Text of any language in the 7 bits and short lines that mail is made of. Lines end with `\n`.
#pragma once

#include <acta/core/result.hpp>

#include <string>
#include <string_view>

namespace acta::channels {

/// Well-formed UTF-8. Errors: `bad_content`, naming `what`.
result<void> check_text(std::string_view what, std::string_view text);
/// The same, and one line: neither CR, LF nor NUL, which would end a header and begin another.
result<void> check_line(std::string_view what, std::string_view text);

/// At most 100 bytes for an error's sentence; what is not printable ASCII becomes `?`.
[[nodiscard]] std::string printable(std::string_view text);

/// `name: value\n`, folded. What is not plain ASCII, or cannot be folded, goes into encoded words.
/// Source: RFC 5322, section 2.2.3; RFC 2047. Pre: check_line(value).
[[nodiscard]] std::string header(std::string_view name, std::string_view value);
/// `From: name <address>\n`; the name may be empty. Pre: check_line(name), check_address(address).
[[nodiscard]] std::string address_header(std::string_view header_name, std::string_view name,
                                         std::string_view address);

struct encoded_body {
  std::string_view encoding; ///< for the header Content-Transfer-Encoding
  std::string text;          ///< lines of at most 76 bytes of ASCII, each ended
};
/// Quoted-printable, or base64 where that is shorter. Ends of lines become those of the message; a
/// text without one at its end gets one. Source: RFC 2045, section 6.
[[nodiscard]] encoded_body encode_body(std::string_view text);

} // namespace acta::channels
