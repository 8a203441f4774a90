// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the codecs can refuse.
#pragma once

#include <system_error>
#include <type_traits>

namespace acta {

enum class codec_errc {
  json_invalid = 1, ///< Text that is not the JSON form of the type: `condition::invalid`.
  decode_failed,    ///< Bytes that are not the binary form of the type: `condition::corrupt`.
  encode_failed,    ///< A value that has no encoded form (bad UTF-8 in JSON, a throwing
                    ///< `serialize`, too deep): `condition::invalid`.
};

std::error_code make_error_code(codec_errc e) noexcept;

} // namespace acta

template <> struct std::is_error_code_enum<acta::codec_errc> : std::true_type {};
