// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Entity tags and the headers that name them. Source: RFC 9110, 8.8.3 and 13.1.
#pragma once

#include "problem.hpp"
#include "request.hpp"
#include "response.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace acta::http {

struct entity_tag {
  std::string_view text; ///< between its quotes
  bool weak = false;
};

/// What If-Match or If-None-Match says. Views into the header.
struct tag_list {
  bool any = false; ///< `*`
  std::vector<entity_tag> tags;

  /// Nothing if it is neither `*` nor a list of tags in quotes.
  static std::optional<tag_list> parse(std::string_view text);
  /// By strong comparison, of If-Match: a weak tag matches nothing.
  [[nodiscard]] bool names_strongly(std::string_view tag) const;
  /// By weak comparison, of If-None-Match.
  [[nodiscard]] bool names(std::string_view tag) const;
};

/// Acts on the preconditions of a GET or HEAD whose answer is `to`: 412 or 304 in its place, 400
/// for a header that cannot be read.
void apply_preconditions(const request& r, response& to);

/// What a command asks for by If-Match and If-None-Match: versions of its stream.
struct version_condition {
  bool exists = false;                 ///< `If-Match: *`
  std::vector<std::uint64_t> versions; ///< one of them; empty: any
};
/// If-Match: tags that are no version, weak ones among them, match no stream. If-None-Match: only
/// `*`, which is version 0.
std::optional<problem> take_version_condition(const request& r, version_condition& into);

/// Refuses preconditions where they cannot be honoured.
std::optional<problem> refuse_preconditions(const request& r, std::string_view why);

} // namespace acta::http
