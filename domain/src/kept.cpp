// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/kept.hpp>

#include <charconv>

namespace acta {

namespace {
constexpr char before_schema = '@'; // no type's name holds it
} // namespace

kept_name kept_name::parse(std::string_view text) noexcept {
  const auto at = text.rfind(before_schema);
  if (at == std::string_view::npos) return {text, 1};
  const auto digits = text.substr(at + 1);
  std::uint16_t schema = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), schema);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() ||
      digits.starts_with('0'))
    return {text, 1};
  return {text.substr(0, at), schema};
}

namespace detail {

std::string kept_name_text(std::string_view name, unsigned schema) {
  return schema == 1 ? std::string(name)
                     : std::string(name) + before_schema + std::to_string(schema);
}

error no_kept_version(std::string_view name, std::uint16_t schema, unsigned own) {
  const auto version = std::string(name) + " of schema " + std::to_string(schema);
  if (schema > own)
    return error(domain_errc::newer_schema, "a later release of the program wrote " + version +
                                                "; this one knows up to " + std::to_string(own));
  return error(domain_errc::unknown_event, "this program reads no " + version);
}

} // namespace detail

} // namespace acta
