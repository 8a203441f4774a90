// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A value from named texts: what a query string or a command line can say.
#pragma once

#include <acta/core/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace acta {

struct named_text {
  std::string_view name;
  std::string_view text;
};

/// The JSON of a class whose shape (codec/shape.hpp) is given, from a text for each of its fields.
///
/// Strings, uuids, positions and times are put in quotes, and so are enums' names; anything else
/// must be JSON as it stands: `5`, `true`, `["a","b"]`. Absent optional fields are null. In an
/// optional string `null` is the text, in any other optional nothing.
///
/// Errors: `json_invalid` with a pointer: an unknown, repeated or missing field, text that is no
///   JSON; without one if the shape is not that of a class with named fields.
result<std::string> json_of_fields(std::string_view shape, std::span<const named_text> fields);

} // namespace acta
