// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which addresses a mail can go to: one rule for the domain that takes an address and for the
/// channels that use it. What a domain takes and no channel sends would be a dead letter, each
/// time.
#pragma once

#include <string_view>

namespace acta {

/// What is wrong with an address, as the rest of a sentence that begins with it: `is empty`. Empty
/// if nothing is wrong: `local@domain`, all of it ASCII and at most 254 bytes; the local part 1 to
/// 64 bytes in parts between dots, without quotes (RFC 5321's Dot-string), which is what people
/// have; the domain in labels of 1 to 63 letters, digits and hyphens that neither begin nor end
/// with a hyphen. A domain in other scripts is written in its ASCII form, which begins with `xn--`
/// (RFC 5890).
[[nodiscard]] std::string_view mistake_in_mail_address(std::string_view address) noexcept;

} // namespace acta
