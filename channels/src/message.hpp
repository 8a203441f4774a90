// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An e-mail as the text that is sent or stored.
#pragma once

#include "address.hpp"

#include <acta/core/time.hpp>
#include <acta/domain/effect.hpp>

#include <string>

namespace acta::channels {

/// Headers and body in ASCII, lines of at most 78 bytes that end with `\n`. Source: RFC 5322.
/// Errors: `bad_content`: an address that is none, a subject of several lines, no UTF-8, too long.
result<std::string> compose(const sender& from, const mail& m, const effect_context& why,
                            time_point now);

} // namespace acta::channels
