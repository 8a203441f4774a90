// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a stock keeping unit may look like. It names a product's stream and rows of views, so what
/// could not stand there is refused by every aggregate that takes one: a view has no other way to
/// say no to an event than to stop.
#pragma once

#include <acta/core/ids.hpp>

#include <cstddef>
#include <string_view>

namespace shop {

inline constexpr std::size_t sku_bytes_max = 64;

[[nodiscard]] inline bool is_sku(std::string_view text) {
  return text.size() <= sku_bytes_max && acta::check_stream_id(text).has_value();
}

} // namespace shop
