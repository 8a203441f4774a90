// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What can be wrong with what an operator gives to a node.
#pragma once

#include <acta/core/error.hpp>

namespace acta::node {

enum class errc {
  config_unreadable = 1, ///< no such file, or not TOML. -> invalid
  config_invalid,        ///< an unknown key, a wrong type, unit or value. -> invalid
  module_not_found,      ///< -> invalid
  module_invalid,        ///< not a shared object, not a module, or one that threw. -> invalid
  module_stamp,          ///< built for another Acta, compiler ABI or standard library. -> invalid
};

std::error_code make_error_code(errc e) noexcept;

} // namespace acta::node

template <> struct std::is_error_code_enum<acta::node::errc> : std::true_type {};
