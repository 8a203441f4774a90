// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Why a gateway does not open.
#pragma once

#include <acta/core/error.hpp>

namespace acta {

enum class gateway_errc {
  bad_options = 1, ///< A limit outside its range, or an address that is no IP address. -> invalid
  address_not_allowed, ///< Not a loopback address: there is no authentication and no TLS yet. ->
                       ///< invalid
  address_in_use,      ///< Another socket listens there. -> conflict
  io,                  ///< The operating system refused a socket or a thread. -> io
};

std::error_code make_error_code(gateway_errc e) noexcept;

} // namespace acta

template <> struct std::is_error_code_enum<acta::gateway_errc> : std::true_type {};
