// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a receiver knows that a webhook comes from who shares a secret with it.
#pragma once

#include <string>
#include <string_view>

namespace acta::channels {

/// `v1=` and the hex HMAC-SHA256 of `timestamp.body`; empty if there is no memory for it.
[[nodiscard]] std::string signature(std::string_view secret, std::string_view timestamp,
                                    std::string_view body);

} // namespace acta::channels
